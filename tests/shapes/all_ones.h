#define FUSED_BATCH         2
#define FUSED_D_LAYERS      3
#define FUSED_D_SIZES       2, 1, 1, 1
#define FUSED_D_ACTIVATIONS 3, 3, 0
#define FUSED_G_LAYERS      3
#define FUSED_G_SIZES       1, 1, 1, 2
#define FUSED_G_ACTIVATIONS 3, 3, 0
