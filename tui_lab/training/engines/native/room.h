// Memory for as long as a call takes.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

template <typename T> struct Room {  // `count` of T, all 0; `at` is null if there is no memory
    T* at;
    explicit Room(int64_t count) {
        int64_t bytes = (count * sizeof(T) + 63) / 64 * 64;
        at = (T*)aligned_alloc(64, bytes);
        if (at) memset((void*)at, 0, bytes);
    }
    Room(const Room&) = delete;
    ~Room() { free(at); }
};

}  // namespace
