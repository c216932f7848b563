#pragma once
#include <zlib.h>

// inflateInit2 and deflateInit2 are macros, which Swift does not see.
static inline int lockstep_inflate_init_raw(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }

// The values of RFC 2394 §2.3 leave the level open: zlib's own default.
static inline int lockstep_deflate_init_raw(z_stream *stream) {
  return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}
