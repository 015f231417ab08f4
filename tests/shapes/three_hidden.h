#define FUSED_BATCH         50
#define FUSED_D_LAYERS      4
#define FUSED_D_SIZES       2, 16, 15, 14, 1
#define FUSED_D_ACTIVATIONS 3, 3, 3, 0
#define FUSED_G_LAYERS      4
#define FUSED_G_SIZES       5, 12, 11, 10, 2
#define FUSED_G_ACTIVATIONS 3, 3, 3, 0
