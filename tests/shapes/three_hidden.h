#define FUSED_BATCH         50
#define FUSED_HALF          25
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
#define FUSED_D_SIZES       2, 16, 15, 14, 1
#define FUSED_D_ACTIVATIONS 3, 3, 3, 0
#define FUSED_G_LAYERS      4
#define FUSED_G_SIZES       5, 12, 11, 10, 2
#define FUSED_G_ACTIVATIONS 3, 3, 3, 0
