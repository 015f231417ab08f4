#define FUSED_BATCH         128
#define FUSED_HALF          64
#define FUSED_COMBINED      0
#define FUSED_D_STEPS       1
#define FUSED_LOSS          0
#define FUSED_NOISE         0
#define FUSED_TARGET        0
#define FUSED_TARGET_NOISE  0
#define FUSED_DECAY         0
#define FUSED_WEIGHT_DECAY  0
#define FUSED_EMA           0
#define FUSED_D_LAYERS      2
#define FUSED_D_SIZES       2, 1, 1
#define FUSED_D_ACTIVATIONS 1, 0
#define FUSED_G_LAYERS      2
#define FUSED_G_SIZES       1, 1, 2
#define FUSED_G_ACTIVATIONS 1, 0
