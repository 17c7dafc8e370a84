// Threads that go through the same function side by side and share its loops out among them.
//
// A loop's chunks are given out one by one to whoever is free, and it is over when all are done. So
// nobody waits for a thread that the system doesn't let run, if that has no chunk in its hands; when
// it runs again it finds that its loops are over, and catches up. What is summed up is decided by
// the chunks, never by who does them: any number of threads gives the same bits.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>

#include "flush.h"
#include "plan.h"
#include "room.h"

namespace {

INLINE void pause_a_moment(int tries) {
    constexpr int PATIENCE = 1000;  // about as long as a chunk takes
    if (tries > PATIENCE) {
        sched_yield();
        return;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// The chunks of all loops together, counted from the first loop's first: each in a cache line.
struct Counts {
    alignas(64) std::atomic<int64_t> given{0};
    alignas(64) std::atomic<int64_t> done{0};
};

// What one thread knows of its team: how many chunks there are in the loops that it came to.
struct Team {
    Counts* counts;  // null: it is alone
    int64_t due = 0, own = 0;  // own: how many chunks it has taken, if it is alone

    // body(0) … body(count - 1), each by one of the team; all are done afterwards.
    template <class Body> INLINED void each(int64_t count, const Body& body) {
        int64_t first = due;
        due += count;
        for (int64_t chunk = take(); chunk < due; chunk = take()) {
            body(chunk - first);
            if (counts) counts->done.fetch_add(1, std::memory_order_release);
        }
        if (counts) wait();
    }

    // body(from, to) for parts that make up 0 … count; `width`: how many numbers each one has.
    template <class Body> INLINED void parts(int64_t count, int64_t width, const Body& body) {
        constexpr int64_t NUMBERS = 8192, STEP = 16;  // in a part: about 1 us
        int64_t size = counts ? (NUMBERS / width + STEP) / STEP * STEP : count;
        each(counts ? (count + size - 1) / size : 1, [&](int64_t chunk) INLINED {
            int64_t from = chunk * size;
            body(from, count - from < size ? count : from + size);
        });
    }

    INLINED int64_t take() { return counts ? take_together() : own < due ? own++ : due; }

    // The next chunk's number, if it is one of those due.
    __attribute__((noinline)) int64_t take_together() {
        int64_t next = counts->given.load(std::memory_order_relaxed);
        while (next < due && !counts->given.compare_exchange_weak(next, next + 1)) continue;
        return next;
    }

    __attribute__((noinline)) void wait() {
        for (int tries = 0; counts->done.load(std::memory_order_acquire) < due; tries++)
            pause_a_moment(tries);
    }
};

template <class Body> struct Start {
    const Body* body;
    Counts* counts;
    static void* begin(void* given) {
        FlushToZero inside;
        Start start = *(Start*)given;
        Team member{start.counts};
        (*start.body)(member);
        return nullptr;
    }
};

// What body(member) gives back, which has to be the same for every member of a team. Threads live
// for this call alone: a child that is forked later misses none.
template <class Body> int64_t together(int64_t threads, const Body& body) {
    Team alone{nullptr};
    Room<pthread_t> others(threads);
    if (threads < 2 || !others.at) return body(alone);
    Counts counts;
    Start<Body> start{&body, &counts};
    int64_t started = 0;
    while (started < threads - 1 &&
           !pthread_create(others.at + started, nullptr, Start<Body>::begin, &start))
        started++;
    Team member{&counts};
    int64_t result = body(member);
    for (int64_t i = 0; i < started; i++) pthread_join(others.at[i], nullptr);
    return result;
}

}  // namespace
