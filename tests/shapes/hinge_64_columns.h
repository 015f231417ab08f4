#define FUSED_BATCH         64
#define FUSED_HALF          32
#define FUSED_COMBINED      0
#define FUSED_D_STEPS       2
#define FUSED_LOSS          3
#define FUSED_NOISE         1
#define FUSED_TARGET        2
#define FUSED_TARGET_NOISE  0
#define FUSED_DECAY         1
#define FUSED_WEIGHT_DECAY  0
#define FUSED_EMA           0
#define FUSED_D_LAYERS      2
#define FUSED_D_SIZES       64, 25, 1
#define FUSED_D_ACTIVATIONS 1, 0
#define FUSED_G_LAYERS      2
#define FUSED_G_SIZES       4, 15, 64
#define FUSED_G_ACTIVATIONS 1, 0
