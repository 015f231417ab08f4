// Memory: a few kilobytes a run, and none taken inside the training loop.
#include "specs.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define CAN_COUNT 0
#else
#define CAN_COUNT 1
static std::atomic<long> n_allocations;
extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void *malloc(size_t size) {
    n_allocations++;
    return __libc_malloc(size);
}
void *calloc(size_t n, size_t size) {
    n_allocations++;
    return __libc_calloc(n, size);
}
void *realloc(void *memory, size_t size) {
    n_allocations++;
    return __libc_realloc(memory, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    n_allocations++;
    return __libc_memalign(alignment, size);
}
}
#endif

namespace {

long resident_bytes() {
    long pages = 0, resident = 0;
    FILE *file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr || std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    if (file != nullptr) std::fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

TEST(Memory, OfARun) {
    const size_t n_runs = 20000;
    Trainer warm = make_trainer(preset("x2"), 1, 2, GT_ISA_AUTO, 2);
    const long before = resident_bytes();
    ASSERT_GT(before, 0);
    Trainer trainer = make_trainer(preset("x2"), 1, n_runs, GT_ISA_AUTO, 2);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 1), GT_OK) << gt_last_error();
    const double a_run = static_cast<double>(resident_bytes() - before) / n_runs;
    std::printf("%.0f bytes a run; %zu of state\n", a_run, gt_trainer_get_info(trainer.get()).state_bytes_per_run);
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer's own memory comes on top";
#endif
    EXPECT_LT(a_run, 4096);
}

TEST(Memory, NoneIsTakenWhileTraining) {
#if CAN_COUNT
    for (const char *name : {"x2", "x2-deep"}) {
        Trainer trainer = make_trainer(preset(name), 1, 4, GT_ISA_AUTO, 2);
        ASSERT_EQ(gt_trainer_advance(trainer.get(), 1), GT_OK) << gt_last_error(); // starts the threads
        const long before = n_allocations;
        ASSERT_GT(before, 0) << "allocations are not counted";
        ASSERT_EQ(gt_trainer_advance(trainer.get(), 500), GT_OK) << gt_last_error();
        EXPECT_EQ(n_allocations - before, 0) << name;
    }
#else
    GTEST_SKIP() << "allocations can't be counted in this build";
#endif
}

} // namespace
