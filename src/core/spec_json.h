/* private. A spec as JSON text, as it stands in checkpoints. Every double comes back with the same bits. The points of a data
 * target are not in it, only how many there are. */
#ifndef GT_CORE_SPEC_JSON_H
#define GT_CORE_SPEC_JSON_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GT_SPEC_JSON_CHARS 4096 /* enough for every spec that gt_spec_check takes */

/* spec has passed gt_spec_check. GT_ERR_MEMORY. */
gt_status gt_spec_to_json(const gt_spec *spec, char text[GT_SPEC_JSON_CHARS]);

/* What checkpoints of format version 1 do not name is as the tutorial has it. The points of a data target are NULL.
 * GT_ERR_FILE: not the JSON of a spec. Whether it can be trained is for gt_spec_check. */
gt_status gt_spec_from_json(const char *text, gt_spec *out);

#ifdef __cplusplus
}
#endif
#endif
