#define FUSED_BATCH         128
#define FUSED_D_LAYERS      3
#define FUSED_D_SIZES       2, 32, 16, 1
#define FUSED_D_ACTIVATIONS 1, 1, 0
#define FUSED_G_LAYERS      3
#define FUSED_G_SIZES       5, 16, 16, 2
#define FUSED_G_ACTIVATIONS 1, 1, 0
