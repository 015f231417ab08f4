#define FUSED_BATCH         64
#define FUSED_HALF          21
#define FUSED_COMBINED      1
#define FUSED_D_STEPS       1
#define FUSED_LOSS          4
#define FUSED_NOISE         0
#define FUSED_TARGET        2
#define FUSED_TARGET_NOISE  0
#define FUSED_DECAY         0
#define FUSED_WEIGHT_DECAY  1
#define FUSED_EMA           1
#define FUSED_D_LAYERS      2
#define FUSED_D_SIZES       3, 25, 1
#define FUSED_D_ACTIVATIONS 1, 0
#define FUSED_G_LAYERS      2
#define FUSED_G_SIZES       4, 15, 3
#define FUSED_G_ACTIVATIONS 1, 4
