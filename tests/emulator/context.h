// private to the emulator: a fiber's stack and the switch from one to another.
//
// On x86-64 a switch is a few instructions; elsewhere, or with GT_EMULATOR_UCONTEXT, it is ucontext's, with a system call each.
// AddressSanitizer is told of each switch, so that it knows the stack that it looks at.
#ifndef GT_EMULATOR_CONTEXT_H
#define GT_EMULATOR_CONTEXT_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define GT_EMULATOR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GT_EMULATOR_ASAN 1
#endif
#endif
#ifdef GT_EMULATOR_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#if !defined(__x86_64__) && !defined(GT_EMULATOR_UCONTEXT)
#define GT_EMULATOR_UCONTEXT 1
#endif
#ifdef GT_EMULATOR_UCONTEXT
#include <ucontext.h>
#endif

namespace emulator {

constexpr size_t stack_bytes =
    256 << 10; // all that a kernel's local arrays may take; below it lies a page that can't be touched

struct Context {
#ifdef GT_EMULATOR_UCONTEXT
    ucontext_t registers;
#else
    void *stack_pointer;
#endif
#ifdef GT_EMULATOR_ASAN
    void *fake_stack;
    const void *bottom;
    size_t size;
#endif
};

#ifndef GT_EMULATOR_UCONTEXT
// Saves what a function has to keep, on the stack, and goes on where `load` stopped. The floating-point modes are never
// changed.
extern "C" void gt_emulator_switch(void **save, void *load);
#endif

inline char *stack_create() {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *map = mmap(nullptr, page + stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED || mprotect(map, page, PROT_NONE)) {
        perror("emulator: a fiber's stack");
        abort();
    }
    return static_cast<char *>(map) + page;
}

inline void stack_destroy(char *stack) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap(stack - page, page + stack_bytes);
}

// The first switch to it calls entry, which calls context_landed first and never returns.
inline void context_create(Context &context, char *stack, void (*entry)()) {
#ifdef GT_EMULATOR_UCONTEXT
    getcontext(&context.registers);
    context.registers.uc_stack.ss_sp = stack;
    context.registers.uc_stack.ss_size = stack_bytes;
    context.registers.uc_link = nullptr;
    makecontext(&context.registers, entry, 0);
#else
    void **top = reinterpret_cast<void **>(stack + stack_bytes);
    top[-1] = nullptr; // where entry would return to
    top[-2] = reinterpret_cast<void *>(entry);
    for (int i = 3; i <= 8; i++) top[-i] = nullptr; // the six registers
    context.stack_pointer = top - 8;
#endif
#ifdef GT_EMULATOR_ASAN
    context.fake_stack = nullptr;
    context.bottom = stack;
    context.size = stack_bytes;
#endif
}

inline void context_landed([[maybe_unused]] Context &self, [[maybe_unused]] Context &previous) {
#ifdef GT_EMULATOR_ASAN
    __sanitizer_finish_switch_fiber(self.fake_stack, &previous.bottom, &previous.size);
#endif
}

// Returns when somebody switches back to `from`; the caller then says context_landed.
inline void context_switch(Context &from, Context &to) {
#ifdef GT_EMULATOR_ASAN
    __sanitizer_start_switch_fiber(&from.fake_stack, to.bottom, to.size);
#endif
#ifdef GT_EMULATOR_UCONTEXT
    swapcontext(&from.registers, &to.registers);
#else
    gt_emulator_switch(&from.stack_pointer, to.stack_pointer);
#endif
}

} // namespace emulator

#endif
