// A float and its bits.
#ifndef GT_TESTS_FLOAT_BITS_H
#define GT_TESTS_FLOAT_BITS_H

#include <cstdint>
#include <cstring>

inline float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

inline uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

#endif
