/* Prints the digests of a few short runs of every preset: digest_main ITERATIONS ISA. Equal output = equal bits; what
 * aarch64_test.sh compares between processors. */
#include <gantry/gantry.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    enum { RUNS = 3 };
    if (argc != 3) {
        fprintf(stderr, "usage: %s ITERATIONS auto|avx512|avx2|portable\n", argv[0]);
        return 2;
    }
    gt_trainer_options options = {.first_seed = 1, .n_runs = RUNS, .isa = GT_N_ISAS};
    for (int i = 0; i < GT_N_ISAS; i++)
        if (strcmp(argv[2], gt_isa_name((gt_isa)i)) == 0) options.isa = (gt_isa)i;
    for (int p = 0; gt_preset_name(p) != NULL; p++) {
        gt_spec spec;
        gt_trainer *trainer = NULL;
        char digest[GT_DIGEST_CHARS];
        if (gt_spec_preset(gt_preset_name(p), &spec) != GT_OK) goto failed;
        if (strcmp(spec.target.name, "images") == 0) continue; /* they are not the fused engine's */
        if (gt_trainer_create(&spec, &options, &trainer) != GT_OK ||
            gt_trainer_advance(trainer, strtoull(argv[1], NULL, 10)) != GT_OK)
            goto failed;
        for (size_t run = 0; run < RUNS; run++) {
            if (gt_trainer_digest(trainer, run, digest) != GT_OK) goto failed;
            printf("%s seed %zu: %s\n", gt_preset_name(p), 1 + run, digest);
        }
        gt_trainer_destroy(trainer);
        continue;
    failed:
        fprintf(stderr, "%s\n", gt_last_error());
        gt_trainer_destroy(trainer);
        return 1;
    }
    return 0;
}
