#define FUSED_BATCH         50
#define FUSED_D_LAYERS      3
#define FUSED_D_SIZES       2, 9, 8, 1
#define FUSED_D_ACTIVATIONS 4, 4, 0
#define FUSED_G_LAYERS      3
#define FUSED_G_SIZES       3, 7, 6, 2
#define FUSED_G_ACTIVATIONS 4, 4, 0
