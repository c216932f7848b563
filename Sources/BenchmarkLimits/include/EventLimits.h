#ifndef LOCKSTEP_EVENT_LIMITS_H
#define LOCKSTEP_EVENT_LIMITS_H

#include <stdint.h>

// The hold model on queues written by hand in C++: what the event kernel of the room Simulation is measured against.
//
// Each call fills a queue with `pending` events, takes one out and puts one in `pending` times to warm up, and then goes on
// so `operations` times. The time of a new event is that of the one taken out plus gaps[i & (gap_count - 1)], i counting all
// insertions; gap_count is a power of two. `checksum` receives a mix of the times in the order in which they were taken out:
// equal for every correct queue. The result is the nanoseconds of the last part alone.

#ifdef __cplusplus
extern "C" {
#endif

/// std::priority_queue over (time, insertion), 16 bytes an entry.
uint64_t limits_hold_priority_queue(
    uint64_t pending, uint64_t operations, const uint64_t *gaps, uint64_t gap_count, uint64_t *checksum);

/// A calendar queue of chunked buckets whose width is set by hand to fit: no adapting, no far future, no bursts.
uint64_t limits_hold_calendar_queue(
    uint64_t pending, uint64_t operations, const uint64_t *gaps, uint64_t gap_count, uint64_t mean_gap,
    uint64_t *checksum);

#ifdef __cplusplus
}
#endif

#endif
