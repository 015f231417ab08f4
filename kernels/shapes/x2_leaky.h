#define FUSED_BATCH         128
#define FUSED_D_LAYERS      2
#define FUSED_D_SIZES       2, 25, 1
#define FUSED_D_ACTIVATIONS 2, 0
#define FUSED_G_LAYERS      2
#define FUSED_G_SIZES       5, 15, 2
#define FUSED_G_ACTIVATIONS 2, 0
