// Numbers too small for full precision count as 0: with them a step takes twice as long.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

// As long as it lives, and in its own thread.
struct FlushToZero {
#if defined(__x86_64__)
    unsigned before = _mm_getcsr();
    FlushToZero() { _mm_setcsr(before | 0x8040); }
    ~FlushToZero() { _mm_setcsr(before); }
#elif defined(__aarch64__)
    uint64_t before;
    FlushToZero() {
        __asm__ volatile("mrs %0, fpcr" : "=r"(before));
        __asm__ volatile("msr fpcr, %0" ::"r"(before | 1 << 24));
    }
    ~FlushToZero() { __asm__ volatile("msr fpcr, %0" ::"r"(before)); }
#endif
};

}  // namespace
