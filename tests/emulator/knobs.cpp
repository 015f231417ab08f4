// Settings, faults and counts of calls.
#include "device.h"
#include "state.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace emulator {
namespace {

struct Fault {
    std::string function;
    size_t call; // counted from the start
    cudaError_t error;
};

std::vector<Fault> faults;
std::map<std::string, size_t> n_calls;

[[noreturn]] void refuse(const char *name, const char *text) { die("%s=%s is not understood", name, text); }

// A whole number in [low, high], or `standard` where the variable isn't set.
template <class T> T number(const char *name, T standard, int64_t low, int64_t high) {
    const char *text = getenv(name);
    if (!text) return standard;
    char *end;
    const int64_t value = strtoll(text, &end, 10);
    if (end == text || *end || value < low || value > high) refuse(name, text);
    return (T)value;
}

void order_from(Settings &s, const char *text) {
    const std::string order = text;
    int end = 0;
    s.order = order == "descending" ? Order::descending : order.rfind("random", 0) == 0 ? Order::random : Order::ascending;
    if (s.order == Order::random && order != "random" &&
        (sscanf(text, "random:%" SCNu64 "%n", &s.seed, &end) != 1 || text[end]))
        refuse("GT_EMULATOR_ORDER", text);
    if (s.order == Order::ascending && order != "ascending") refuse("GT_EMULATOR_ORDER", text);
}

Settings from_environment() {
    Settings s;
    int end = 0;
    s.devices = number("GT_EMULATOR_DEVICES", s.devices, 0, max_devices);
    s.multiprocessors = number("GT_EMULATOR_MULTIPROCESSORS", s.multiprocessors, 1, 1024);
    s.shared_optin = number("GT_EMULATOR_SHARED", s.shared_optin, 48 << 10, 1 << 20);
    s.memory = number("GT_EMULATOR_MEMORY", s.memory, 0, INT64_MAX);
    s.libraries = number("GT_EMULATOR_LIBRARIES", 1, 0, 1) != 0;
    if (const char *text = getenv("GT_EMULATOR_CAPABILITY"))
        if (sscanf(text, "%d.%d%n", &s.major, &s.minor, &end) != 2 || text[end]) refuse("GT_EMULATOR_CAPABILITY", text);
    if (const char *text = getenv("GT_EMULATOR_ORDER")) order_from(s, text);
    return s;
}

void faults_from_environment() {
    faults.clear();
    const char *text = getenv("GT_EMULATOR_FAIL");
    for (const char *rest = text; rest && *rest;) {
        char function[64];
        int n, error, length = 0;
        if (sscanf(rest, "%63[A-Za-z]:%d:%d%n", function, &n, &error, &length) != 3 || (rest[length] && rest[length] != ',') ||
            n < 1)
            refuse("GT_EMULATOR_FAIL", text);
        faults.push_back({function, n_calls[function] + (size_t)n, (cudaError_t)error});
        rest += length + (rest[length] == ',');
    }
}

} // namespace

Settings &settings() {
    static Settings current = (faults_from_environment(), from_environment());
    return current;
}

void reset() {
    const std::lock_guard<std::mutex> guard(lock());
    settings() = from_environment();
    faults_from_environment();
}

void fail(const char *function, int n, cudaError_t error) {
    const std::lock_guard<std::mutex> guard(lock());
    settings();
    faults.push_back({function, n_calls[function] + (size_t)n, error});
}

size_t faults_left() {
    const std::lock_guard<std::mutex> guard(lock());
    return faults.size();
}

size_t calls(const char *function) {
    const std::lock_guard<std::mutex> guard(lock());
    return n_calls[function];
}

std::mutex &lock() {
    static std::mutex mutex;
    return mutex;
}

cudaError_t enter(const char *function) {
    settings();
    const size_t call = ++n_calls[function];
    for (size_t f = 0; f < faults.size(); f++) {
        if (faults[f].call != call || faults[f].function != function) continue;
        const cudaError_t error = faults[f].error;
        faults.erase(faults.begin() + (std::ptrdiff_t)f);
        return error;
    }
    return cudaSuccess;
}

} // namespace emulator
