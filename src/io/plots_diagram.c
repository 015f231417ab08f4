/* Diagrams of nets: one generated script for graphviz' dot. */
#include "core/status.h"
#include "io/plots.h"
#include "io/plots_process.h"

#include <stdlib.h>

bool gt_diagrams_available(void) {
    char *argv[] = {"dot", "-V", NULL};
    return gt_drawing_available(argv);
}

gt_status gt_diagram_draw(const char *folder, const char *name, const gt_diagram_layer *layers, size_t n) {
    char *part = gt_drawing_part(name);
    if (part == NULL) return gt_fail(GT_ERR_MEMORY, "%s: out of memory", name);
    char *argv[] = {"dot", "-Tpng", "-Gdpi=96", "-o", part, NULL};
    gt_drawing drawing;
    gt_status status = gt_drawing_begin(folder, argv, &drawing);
    if (status == GT_OK) {
        fputs("digraph {\nrankdir=TB;\nnode [shape=record, fontname=\"sans\", fontsize=12];\n", drawing.script);
        for (size_t k = 0; k < n; k++) {
            fprintf(drawing.script, "l%zu [label=\"%s: %s|{input:|output:}|{{(None, %d)}|{(None, %d)}}\"];\n", k,
                    layers[k].name, layers[k].type, layers[k].inputs, layers[k].outputs);
            if (k > 0) fprintf(drawing.script, "l%zu -> l%zu;\n", k - 1, k);
        }
        fputs("}\n", drawing.script);
        status = gt_drawing_publish(gt_drawing_end(&drawing), "dot", folder, &name, 1);
    }
    free(part);
    return status;
}
