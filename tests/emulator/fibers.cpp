// Fibers as the threads of a block: barriers, warp collectives, and who runs next.
//
// A fiber that has to wait switches straight to the next one that can run: first of its own warp, then of another. The lane
// that completes a collective hands out everybody's results. Nothing here is locked or thread-local except the stacks, since
// one launch runs at a time.
#include "fibers.h"
#include "context.h"
#include "emulator.h"

#include <algorithm>
#include <cstdarg>
#include <memory>
#include <numeric>
#include <vector>

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

#ifndef GT_EMULATOR_UCONTEXT
asm(R"(
    .text
    .globl gt_emulator_switch
    .hidden gt_emulator_switch
    .type gt_emulator_switch, @function
gt_emulator_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .size gt_emulator_switch, . - gt_emulator_switch
)");
#endif

namespace emulator {

void *dynamic_shared;
unsigned lane;

namespace {

constexpr int max_threads = 1024, max_warps = max_threads / 32;
constexpr size_t guard_bytes = 256; // after dynamic shared memory, where AddressSanitizer doesn't watch it
constexpr unsigned char poison = 0xff, guard = 0xa5;

struct Site {
    const char *file;
    int line;
    bool operator==(const Site &s) const { return line == s.line && (file == s.file || !strcmp(file, s.file)); }
};

// Lanes on their way to meet in one collective.
struct Group {
    unsigned mask, arrived;
    Collective kind;
    Site site;
};

struct Warp {
    unsigned lanes, ready, at_barrier, exited; // of the 32 bits each
    int n_groups;
    Group groups[32];
    uint64_t value[32], result[32];
    unsigned source[32];
};

struct Fiber : Context {
    uint3 index;
    unsigned lane;
};

struct Block {
    Warp warps[max_warps];
    unsigned ready_warps; // those with a lane that is ready
    unsigned warp;        // the running one; max_warps: the choice is free
    unsigned live, at_barrier;
    Site site; // of the barrier
};

struct Launch {
    const Kernel *kernel;
    void **args;
    size_t shared_bytes;
    Order order;
    uint64_t random;
};

// Fibers outlive the launch: when their thread has left the kernel, they wait for the next block.
struct Pool {
    std::unique_ptr<Fiber[]> fibers{new Fiber[max_threads]};
    std::vector<char *> stacks;
    ~Pool() {
        for (char *stack : stacks) stack_destroy(stack);
    }
};

Block block;
Launch launch;
Context host;
Fiber *fibers, *current; // current: null outside fibers
Context *previous;       // who switched here

const char *name_of(Collective kind) {
    return kind == Collective::syncwarp ? "__syncwarp" : kind == Collective::shfl ? "__shfl_sync" : "__ballot_sync";
}

unsigned random_below(unsigned n) { // xorshift64*
    launch.random ^= launch.random >> 12;
    launch.random ^= launch.random << 25;
    launch.random ^= launch.random >> 27;
    return (unsigned)(((launch.random * 0x2545f4914f6cdd1dull >> 32) * n) >> 32);
}

// The bit of a set that comes next in the launch's order.
unsigned pick(unsigned set) {
    if (launch.order == Order::ascending) return (unsigned)__builtin_ctz(set);
    if (launch.order == Order::descending) return 31 - (unsigned)__builtin_clz(set);
    for (unsigned skip = random_below((unsigned)__builtin_popcount(set)); skip > 0; skip--) set &= set - 1;
    return (unsigned)__builtin_ctz(set);
}

// Nobody can run and somebody is left: names a lane that waits, and one that it waits for.
[[noreturn]] void die_of_deadlock() {
    for (unsigned w = 0; w < max_warps; w++) {
        const Warp &warp = block.warps[w];
        if (!warp.n_groups) continue;
        const Group &group = warp.groups[0];
        const unsigned waiting = (unsigned)__builtin_ctz(group.arrived),
                       absent = (unsigned)__builtin_ctz(group.mask & ~group.arrived);
        const char *what = "__syncthreads";
        Site site = block.site;
        for (int g = 0; g < warp.n_groups; g++)
            if (warp.groups[g].arrived >> absent & 1) {
                what = name_of(warp.groups[g].kind);
                site = warp.groups[g].site;
            }
        die("deadlock in warp %u: lane %u waits in the %s at %s:%d for lane %u, which waits in the %s at %s:%d", w, waiting,
            name_of(group.kind), group.site.file, group.site.line, absent, what, site.file, site.line);
    }
    die("deadlock");
}

void switch_to(Context &to) {
    Context &self = current ? *current : host;
    previous = &self;
    if (&to == &host) {
        current = nullptr;
    } else {
        current = static_cast<Fiber *>(&to);
        threadIdx = current->index;
        lane = current->lane;
    }
    context_switch(self, to);
    context_landed(self, *previous);
}

// Gives way to the next fiber that can run, which may be the caller. Back on the host when all threads have left.
void run_next() {
    if (block.warp == max_warps || !block.warps[block.warp].ready) {
        if (block.warp < max_warps) block.ready_warps &= ~(1u << block.warp);
        if (!block.ready_warps) {
            if (block.live) die_of_deadlock();
            return switch_to(host);
        }
        block.warp = pick(block.ready_warps);
    }
    Warp &warp = block.warps[block.warp];
    const unsigned next = pick(warp.ready);
    warp.ready &= ~(1u << next);
    Fiber &fiber = fibers[block.warp * 32 + next];
    if (&fiber != current) switch_to(fiber);
}

void release_barrier() {
    block.ready_warps = 0;
    for (unsigned w = 0; w < max_warps; w++) {
        Warp &warp = block.warps[w];
        warp.ready |= warp.at_barrier;
        warp.at_barrier = 0;
        if (warp.ready) block.ready_warps |= 1u << w;
    }
    block.at_barrier = 0;
    block.warp = max_warps;
}

void finish(Warp &warp, Group &group) {
    if (group.kind == Collective::shfl) {
        for (unsigned set = group.mask; set; set &= set - 1) {
            const unsigned l = (unsigned)__builtin_ctz(set), source = warp.source[l];
            warp.result[l] = source < 32 && (group.mask >> source & 1) ? warp.value[source] : ~0ull;
        }
    } else if (group.kind == Collective::ballot) {
        uint64_t votes = 0;
        for (unsigned set = group.mask; set; set &= set - 1) votes |= warp.value[__builtin_ctz(set)] << __builtin_ctz(set);
        for (unsigned set = group.mask; set; set &= set - 1) warp.result[__builtin_ctz(set)] = votes;
    }
    warp.ready |= group.mask;
    group = warp.groups[--warp.n_groups];
}

// The group that the running lane joins, a new one if need be.
Group &join(Warp &warp, Collective kind, unsigned mask, Site site) {
    const unsigned self = 1u << lane;
    for (int g = 0; g < warp.n_groups; g++) {
        Group &group = warp.groups[g];
        if (group.mask == mask && group.kind == kind && group.site == site) return group;
        // Two lanes that name each other from different places would wait for ever.
        if ((group.mask & self) && (group.arrived & mask))
            die("lane %u is in the %s at %s:%d with mask %08x and lane %u, which waits for it, in the %s at %s:%d with mask "
                "%08x",
                lane, name_of(kind), site.file, site.line, mask, (unsigned)__builtin_ctz(group.arrived & mask),
                name_of(group.kind), group.site.file, group.site.line, group.mask);
    }
    warp.groups[warp.n_groups] = {mask, 0, kind, site};
    return warp.groups[warp.n_groups++];
}

void leave_kernel() {
    Warp &warp = block.warps[block.warp];
    warp.exited |= 1u << lane;
    for (int g = 0; g < warp.n_groups; g++) {
        const Group &group = warp.groups[g];
        if (group.mask >> lane & 1)
            die("lane %u has left the kernel while lane %u waits for it in the %s at %s:%d", lane,
                (unsigned)__builtin_ctz(group.arrived), name_of(group.kind), group.site.file, group.site.line);
    }
    if (--block.live > 0 && block.live == block.at_barrier) release_barrier();
    run_next();
}

[[noreturn]] void fiber_main() {
    context_landed(*current, *previous);
    for (;;) {
        launch.kernel->call(launch.args);
        leave_kernel();
    }
}

void prepare_fibers(dim3 size, unsigned n_threads) {
    static thread_local Pool pool;
    fibers = pool.fibers.get();
    while (pool.stacks.size() < n_threads) {
        char *stack = stack_create();
        context_create(fibers[pool.stacks.size()], stack, fiber_main);
        pool.stacks.push_back(stack);
    }
    for (unsigned t = 0; t < n_threads; t++) {
        fibers[t].index = {t % size.x, t / size.x % size.y, t / (size.x * size.y)};
        fibers[t].lane = t % 32;
    }
}

void run_block(unsigned n_threads) {
    block.live = n_threads;
    block.at_barrier = block.ready_warps = 0;
    block.warp = max_warps;
    for (unsigned w = 0; w < max_warps; w++) {
        Warp &warp = block.warps[w];
        warp.at_barrier = warp.exited = 0;
        warp.n_groups = 0;
        const unsigned first = w * 32;
        warp.lanes = n_threads >= first + 32 ? ~0u : n_threads > first ? (1u << (n_threads - first)) - 1 : 0;
        warp.ready = warp.lanes;
        if (warp.lanes) block.ready_warps |= 1u << w;
    }
    run_next();
}

} // namespace

void barrier(const char *file, int line) {
    const Site site = {file, line};
    if (block.at_barrier == 0) block.site = site;
    if (!(block.site == site))
        die("a thread is in the __syncthreads at %s:%d while %u others wait in the one at %s:%d", file, line, block.at_barrier,
            block.site.file, block.site.line);
    block.warps[block.warp].at_barrier |= 1u << lane;
    if (++block.at_barrier == block.live) release_barrier();
    run_next();
}

uint64_t collective(Collective kind, unsigned mask, uint64_t value, unsigned source, const char *file, int line) {
    Warp &warp = block.warps[block.warp];
    if (!(mask >> lane & 1))
        die("lane %u is not in the mask %08x of its own %s at %s:%d", lane, mask, name_of(kind), file, line);
    mask &= warp.lanes; // those that the block doesn't have count as arrived
    if (mask & warp.exited)
        die("lane %u waits in the %s at %s:%d for lane %u, which has left the kernel", lane, name_of(kind), file, line,
            (unsigned)__builtin_ctz(mask & warp.exited));
    warp.value[lane] = value;
    warp.source[lane] = source;
    Group &group = join(warp, kind, mask, {file, line});
    group.arrived |= 1u << lane;
    if (group.arrived == mask) finish(warp, group);
    run_next();
    return warp.result[lane];
}

void die(const char *format, ...) {
    va_list args;
    fflush(stdout);
    fputs("emulator: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    if (launch.kernel)
        fprintf(stderr,
                "\nemulator: in %s\nemulator: grid (%u, %u, %u), blocks of (%u, %u, %u), %zu bytes of dynamic shared memory; "
                "block (%u, %u, %u)",
                launch.kernel->name(), gridDim.x, gridDim.y, gridDim.z, blockDim.x, blockDim.y, blockDim.z, launch.shared_bytes,
                blockIdx.x, blockIdx.y, blockIdx.z);
    if (launch.kernel && current) fprintf(stderr, ", thread (%u, %u, %u)", threadIdx.x, threadIdx.y, threadIdx.z);
    fputc('\n', stderr);
    abort();
}

void run(const Kernel &kernel, dim3 grid, dim3 size, void **args, size_t shared_bytes) {
    static uint64_t n_launches;
    const Settings &s = settings();
    launch = {&kernel, args, shared_bytes, s.order, (s.seed + 1) * 0x9e3779b97f4a7c15ull ^ ++n_launches};
    gridDim = grid;
    blockDim = size;
    const unsigned n_threads = size.x * size.y * size.z;
    prepare_fibers(size, n_threads);

    // AddressSanitizer sees accesses beyond the end; without it, guard bytes show writes.
#ifdef GT_EMULATOR_ASAN
    const size_t allocated = shared_bytes;
#else
    const size_t allocated = shared_bytes + guard_bytes;
#endif
    if (posix_memalign(&dynamic_shared, 128, allocated)) die("no memory left");
    unsigned char *const shared = static_cast<unsigned char *>(dynamic_shared);
    memset(shared + shared_bytes, guard, allocated - shared_bytes);

    std::vector<uint64_t> order((uint64_t)grid.x * grid.y * grid.z);
    std::iota(order.begin(), order.end(), 0);
    if (s.order == Order::descending) std::reverse(order.begin(), order.end());
    if (s.order == Order::random)
        for (size_t i = order.size(); i > 1; i--) std::swap(order[i - 1], order[random_below((unsigned)i)]);

    for (uint64_t b : order) {
        blockIdx = {(unsigned)(b % grid.x), (unsigned)(b / grid.x % grid.y), (unsigned)(b / grid.x / grid.y)};
        memset(shared, poison, shared_bytes);
        run_block(n_threads);
        for (size_t i = shared_bytes; i < allocated; i++)
            if (shared[i] != guard) die("a write beyond dynamic shared memory, at byte %zu", i);
    }
    free(dynamic_shared);
    dynamic_shared = nullptr;
    launch.kernel = nullptr;
}

} // namespace emulator
