#define FUSED_BATCH         1000
#define FUSED_D_LAYERS      2
#define FUSED_D_SIZES       2, 9, 1
#define FUSED_D_ACTIVATIONS 2, 0
#define FUSED_G_LAYERS      2
#define FUSED_G_SIZES       3, 7, 2
#define FUSED_G_ACTIVATIONS 2, 0
