// private to the emulator: running the blocks of one launch. One launch at a time; the caller holds emulator::lock().
#ifndef GT_EMULATOR_FIBERS_H
#define GT_EMULATOR_FIBERS_H

#include "device.h"

namespace emulator {

// Runs all blocks to their end. The order is that of settings() (emulator.h). What a kernel does wrong ends the program.
void run(const Kernel &kernel, dim3 grid, dim3 block, void **args, size_t shared_bytes);

} // namespace emulator

#endif
