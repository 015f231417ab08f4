/* private. Configuration files: YAML, one flat mapping of long flags (without --) to scalars. */
#ifndef GT_IO_CONFIG_H
#define GT_IO_CONFIG_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_config_entry {
    char *key, *value;
    int line;
} gt_config_entry;

typedef struct gt_config {
    gt_config_entry *entries; /* in the order of the file; no key twice */
    size_t n_entries;
} gt_config;

/* GT_ERR_FILE: unreadable, or not YAML, or not one mapping. GT_ERR_ARGUMENT: a nested value or a key given twice. The line
 * names the file and its line. What keys and values mean is for the caller to check. On failure *out is empty. */
gt_status gt_config_read(const char *path, gt_config *out);
void gt_config_free(gt_config *config);

#ifdef __cplusplus
}
#endif
#endif
