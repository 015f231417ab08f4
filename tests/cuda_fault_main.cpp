// Trains a few runs with the kernels of this program, which may have a fault planted (cuda_faults_test.sh), in several orders
// of lanes, beside the CPU engine. Exit code 0: the same bits; 1: not.
#include "gantry/gantry.h"

#include "emulator/emulator.h"

#include <cstdio>
#include <cstring>
#include <initializer_list>

int main() {
    enum { RUNS = 3, ITERATIONS = 20 };
    gt_spec spec;
    gt_trainer *cpu = nullptr, *gpu = nullptr;
    gt_trainer_options options = {};
    options.n_runs = RUNS;
    options.device = GT_DEVICE_CPU;
    if (gt_spec_preset("x2", &spec) != GT_OK || gt_trainer_create(&spec, &options, &cpu) != GT_OK ||
        gt_trainer_advance(cpu, ITERATIONS) != GT_OK)
        return fprintf(stderr, "%s\n", gt_last_error()), 2;
    options.device = GT_DEVICE_CUDA;
    for (auto order : {emulator::Order::ascending, emulator::Order::descending, emulator::Order::random}) {
        emulator::settings().order = order;
        if (gt_trainer_create(&spec, &options, &gpu) != GT_OK || gt_trainer_advance(gpu, ITERATIONS) != GT_OK)
            return fprintf(stderr, "%s\n", gt_last_error()), 2;
        for (size_t run = 0; run < RUNS; run++) {
            char a[GT_DIGEST_CHARS], b[GT_DIGEST_CHARS];
            if (gt_trainer_digest(cpu, run, a) != GT_OK || gt_trainer_digest(gpu, run, b) != GT_OK) return 2;
            if (strcmp(a, b) != 0) return printf("run %zu: %s, not %s\n", run, b, a), 1;
        }
        gt_trainer_destroy(gpu);
    }
    gt_trainer_destroy(cpu);
    return 0;
}
