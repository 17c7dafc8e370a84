// The native engine: stacks of simple layers, trained batch by batch, no interpreter in between.
//
// A layer's weights lie as (in, out), so that a row of them is what one input gives to all outputs;
// the bias follows as one more row. Every row is padded to a multiple of PAD numbers: what lies in
// the padding stays 0, and no loop over a row has a remainder. Whoever calls has checked all sizes.


#include "native/training.h"

#define EXPORTED __attribute__((visibility("default")))

// Every function is compiled for several processors, and the best is chosen when it runs.

namespace {

#if defined(__x86_64__)
AVX512 int64_t train_512(const Plan& p, const Batches& b, Places& places, Team& team) {
    return train<16, 8>(p, b, places, team);
}
AVX2 int64_t train_256(const Plan& p, const Batches& b, Places& places, Team& team) {
    return train<8, 4>(p, b, places, team);
}
AVX512 int64_t predict_512(const Plan& p, const Samples& s, const Places& places, Team& team) {
    return predict<16, 8>(p, s, places, team);
}
AVX2 int64_t predict_256(const Plan& p, const Samples& s, const Places& places, Team& team) {
    return predict<8, 4>(p, s, places, team);
}
int lanes() {
#if defined(LANES)  // to try another processor's way
    return LANES;
#endif
    bool wide = __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq");
    return wide ? 16 : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 4;
}
#endif

}  // namespace

extern "C" {

// Whether these structs are as large as the caller's.
EXPORTED int32_t tui_lab_fits(int64_t layer, int64_t plan, int64_t batches) {
    return layer == sizeof(Layer) && plan == sizeof(Plan) && batches == sizeof(Batches);
}

// Whether all parameters are finite numbers: an exponent of ones is infinite or no number.
EXPORTED int32_t tui_lab_is_finite(const Plan* plan) {
    const uint32_t ones = 0x7f800000;
    uint32_t found = 0;
    for (int64_t i = 0; i < plan->parameters; i++) {
        uint32_t bits;
        memcpy(&bits, plan->parameter + i, sizeof bits);
        found |= (bits & ones) == ones;
    }
    return !found;
}

// Trains the batches; how many were trained before one whose loss is no finite number.
EXPORTED int64_t tui_lab_train(const Plan* plan, const Batches* batches) {
    FlushToZero inside;
    Places places(*plan);
    if (!places.are_there()) return NO_ROOM;
    const int64_t* rows = batches->rows;
    if (!are_classes(*plan, batches->y, batches->order, rows[0], rows[batches->count]))
        return NO_SUCH_CLASS;
    if (rows[0] == 0) *batches->sums = {};  // an epoch begins
    return together(plan->threads, [&](Team& team) {
#if defined(__x86_64__)
        if (lanes() == 16) return train_512(*plan, *batches, places, team);
        if (lanes() == 8) return train_256(*plan, *batches, places, team);
#endif
        return train<4, 4>(*plan, *batches, places, team);
    });
}

// Samples in eval mode: their outputs (rows, outputs), and how good these are, where not null.
EXPORTED int64_t tui_lab_predict(const Plan* plan, int64_t rows, const float* x, const void* y,
                                 float* outputs, Measured* sums) {
    FlushToZero inside;
    Places places(*plan);
    if (!places.are_there()) return NO_ROOM;
    Samples all = {rows, x, y, outputs, sums};
    if (sums) *sums = {};
    if (y && !are_classes(*plan, y, nullptr, 0, rows)) return NO_SUCH_CLASS;
    return together(plan->threads, [&](Team& team) {
#if defined(__x86_64__)
        if (lanes() == 16) return predict_512(*plan, all, places, team);
        if (lanes() == 8) return predict_256(*plan, all, places, team);
#endif
        return predict<4, 4>(*plan, all, places, team);
    });
}
}
