#include "EventLimits.h"

#include <chrono>
#include <functional>
#include <queue>
#include <vector>

namespace {

struct Entry {
  uint64_t time;
  uint64_t insertion;

  bool operator>(const Entry &other) const {
    return time != other.time ? time > other.time : insertion > other.insertion;
  }
};

class PriorityQueue {
  std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> entries;

public:
  void push(Entry entry) { entries.push(entry); }

  Entry pop() {
    Entry first = entries.top();
    entries.pop();
    return first;
  }
};

/// Buckets of 2^shift nanoseconds in a ring; a bucket is a chain of chunks of seven entries, unsorted.
class CalendarQueue {
  struct Chunk {
    Entry entries[7];
    uint32_t count;
    uint32_t next;
  };

  static constexpr uint32_t none = UINT32_MAX;

  std::vector<uint32_t> heads;
  std::vector<Chunk> chunks;
  uint32_t freeChunk = none;
  uint64_t current = 0;
  unsigned shift = 0;

  uint32_t newChunk(uint32_t next) {
    uint32_t index = freeChunk;
    if (index != none) {
      freeChunk = chunks[index].next;
    } else {
      index = uint32_t(chunks.size());
      chunks.emplace_back();
    }
    chunks[index].count = 0;
    chunks[index].next = next;
    return index;
  }

  /// The first entry of the current bucket that belongs to this turn of the ring.
  Entry *least(uint32_t head) {
    Entry *best = nullptr;
    for (uint32_t index = head; index != none; index = chunks[index].next)
      for (uint32_t i = 0; i < chunks[index].count; ++i) {
        Entry *entry = &chunks[index].entries[i];
        if (entry->time >> shift == current && (!best || *best > *entry)) best = entry;
      }
    return best;
  }

public:
  CalendarQueue(uint64_t pending, uint64_t mean_gap) {
    uint64_t size = 64;
    while (size < pending * 2) size <<= 1;
    heads.assign(size, none);
    chunks.reserve(size);
    while ((uint64_t(1) << (shift + 1)) * pending <= mean_gap * 3) ++shift;
  }

  void push(Entry entry) {
    uint32_t &head = heads[(entry.time >> shift) & (heads.size() - 1)];
    if (head == none || chunks[head].count == 7) head = newChunk(head);
    Chunk &chunk = chunks[head];
    chunk.entries[chunk.count++] = entry;
  }

  Entry pop() {
    for (;; ++current) {
      uint32_t &head = heads[current & (heads.size() - 1)];
      if (head == none) continue;
      Entry *best = least(head);
      if (!best) continue;
      Entry first = *best;
      Chunk &chunk = chunks[head];
      *best = chunk.entries[--chunk.count];
      if (chunk.count == 0) {
        uint32_t next = chunk.next;
        chunk.next = freeChunk;
        freeChunk = head;
        head = next;
      }
      return first;
    }
  }
};

/// What an event does: as little as in the kernel's own measurement, and as much a call.
__attribute__((noinline)) void handle(Entry entry, uint64_t &mix) { mix = mix * 31 + entry.time; }

template <class Queue>
uint64_t hold(Queue &queue, uint64_t pending, uint64_t operations, const uint64_t *gaps, uint64_t gap_count,
              uint64_t *checksum) {
  uint64_t insertion = 0;
  uint64_t mix = 0;
  for (; insertion < pending; ++insertion) queue.push({gaps[insertion & (gap_count - 1)], insertion});
  auto holdFor = [&](uint64_t count) {
    for (uint64_t i = 0; i < count; ++i, ++insertion) {
      Entry first = queue.pop();
      handle(first, mix);
      queue.push({first.time + gaps[insertion & (gap_count - 1)], insertion});
    }
  };
  holdFor(pending);
  auto begin = std::chrono::steady_clock::now();
  holdFor(operations);
  auto end = std::chrono::steady_clock::now();
  *checksum = mix;
  return uint64_t(std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin).count());
}

}  // namespace

uint64_t limits_hold_priority_queue(uint64_t pending, uint64_t operations, const uint64_t *gaps, uint64_t gap_count,
                                    uint64_t *checksum) {
  PriorityQueue queue;
  return hold(queue, pending, operations, gaps, gap_count, checksum);
}

uint64_t limits_hold_calendar_queue(uint64_t pending, uint64_t operations, const uint64_t *gaps, uint64_t gap_count,
                                    uint64_t mean_gap, uint64_t *checksum) {
  CalendarQueue queue(pending, mean_gap);
  return hold(queue, pending, operations, gaps, gap_count, checksum);
}
