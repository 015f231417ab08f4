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
#define FUSED_D_LAYERS      3
#define FUSED_D_SIZES       2, 9, 8, 1
#define FUSED_D_ACTIVATIONS 4, 4, 0
#define FUSED_G_LAYERS      3
#define FUSED_G_SIZES       3, 7, 6, 2
#define FUSED_G_ACTIVATIONS 4, 4, 0
