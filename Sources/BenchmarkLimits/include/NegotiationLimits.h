#ifndef LOCKSTEP_NEGOTIATION_LIMITS_H
#define LOCKSTEP_NEGOTIATION_LIMITS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bare libcrypto: what the room IKE's negotiations are measured against. Does what two ends of a main mode exponentiate, g^x,
/// g^y and twice g^xy in constant time with exponents of 256 bits, `negotiations` times, modulo the prime of `length` octets
/// and with the generator 2. Returns the nanoseconds, 0 where libcrypto refused.
uint64_t limits_negotiate(const uint8_t *prime, uint64_t length, uint64_t negotiations);

#ifdef __cplusplus
}
#endif

#endif
