#ifndef LOCKSTEP_ESP_LIMITS_H
#define LOCKSTEP_ESP_LIMITS_H

#include <stdint.h>

// Bare libcrypto: what the room IPsec's sealing and opening of ESP and AH packets is measured against. Contexts are keyed once and
// used for all packets; each packet has an initialization vector of its own, is encrypted where it lies and authenticated
// with HMAC-SHA-1, or the other way round. There are no headers, no padding, no policies, no memory taken.

#ifdef __cplusplus
extern "C" {
#endif

enum limits_esp_cipher {
  limits_esp_3des = 0,
  limits_esp_aes128 = 1,
  /// Nothing is encrypted: what AH is measured against.
  limits_esp_none = 2
};

/// Encrypts, where there is a cipher, and authenticates `operations` times `length` octets, a whole number of blocks; returns the nanoseconds, 0 where
/// libcrypto refused.
uint64_t limits_esp_seal(enum limits_esp_cipher cipher, uint64_t length, uint64_t operations);

/// Verifies and decrypts in the same way.
uint64_t limits_esp_open(enum limits_esp_cipher cipher, uint64_t length, uint64_t operations);

#ifdef __cplusplus
}
#endif

#endif
