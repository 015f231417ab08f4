#define FUSED_BATCH         34
#define FUSED_D_LAYERS      2
#define FUSED_D_SIZES       2, 3, 1
#define FUSED_D_ACTIVATIONS 3, 0
#define FUSED_G_LAYERS      2
#define FUSED_G_SIZES       2, 5, 2
#define FUSED_G_ACTIVATIONS 3, 0
