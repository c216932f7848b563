#include "HeapFigures.h"

#if defined(__GLIBC__)
#include <malloc.h>

// What lies on the heap, and the large blocks that are mapped on their own.
uint64_t limits_heap_in_use(void) {
  struct mallinfo2 figures = mallinfo2();
  return uint64_t(figures.uordblks) + uint64_t(figures.hblkhd);
}
#else
uint64_t limits_heap_in_use(void) { return 0; }
#endif
