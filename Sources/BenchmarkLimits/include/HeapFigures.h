#ifndef LOCKSTEP_HEAP_FIGURES_H
#define LOCKSTEP_HEAP_FIGURES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Octets that malloc has handed out and not got back, with what it adds to each block; 0 where the C library does not tell.
uint64_t limits_heap_in_use(void);

/// How many blocks malloc has handed out to this thread since it began; 0 where the C library does not let itself be asked.
uint64_t limits_heap_blocks(void);

#ifdef __cplusplus
}
#endif

#endif
