#define FUSED_BATCH         66
#define FUSED_HALF          33
#define FUSED_COMBINED      0
#define FUSED_D_STEPS       1
#define FUSED_LOSS          0
#define FUSED_NOISE         0
#define FUSED_TARGET        0
#define FUSED_TARGET_NOISE  0
#define FUSED_DECAY         0
#define FUSED_WEIGHT_DECAY  0
#define FUSED_EMA           0
#define FUSED_D_LAYERS      4
#define FUSED_D_SIZES       2, 9, 8, 7, 1
#define FUSED_D_ACTIVATIONS 4, 3, 0, 0
#define FUSED_G_LAYERS      4
#define FUSED_G_SIZES       3, 7, 6, 5, 2
#define FUSED_G_ACTIVATIONS 3, 2, 4, 3
