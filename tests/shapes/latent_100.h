#define FUSED_BATCH         64
#define FUSED_D_LAYERS      2
#define FUSED_D_SIZES       2, 17, 1
#define FUSED_D_ACTIVATIONS 1, 0
#define FUSED_G_LAYERS      2
#define FUSED_G_SIZES       100, 17, 2
#define FUSED_G_ACTIVATIONS 1, 0
