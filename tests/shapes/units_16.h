#define FUSED_BATCH         34
#define FUSED_D_LAYERS      2
#define FUSED_D_SIZES       2, 16, 1
#define FUSED_D_ACTIVATIONS 2, 0
#define FUSED_G_LAYERS      2
#define FUSED_G_SIZES       8, 16, 2
#define FUSED_G_ACTIVATIONS 2, 0
