#define FUSED_BATCH         128
#define FUSED_D_LAYERS      2
#define FUSED_D_SIZES       2, 15, 1
#define FUSED_D_ACTIVATIONS 1, 0
#define FUSED_G_LAYERS      2
#define FUSED_G_SIZES       4, 16, 2
#define FUSED_G_ACTIVATIONS 1, 0
