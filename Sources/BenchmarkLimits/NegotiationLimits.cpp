#include "NegotiationLimits.h"

#include <openssl/bn.h>

#include <chrono>
#include <initializer_list>

namespace {

class Group {
  BN_CTX *context = BN_CTX_new();
  BN_MONT_CTX *montgomery = BN_MONT_CTX_new();
  BIGNUM *prime, *generator = BN_new(), *x = BN_new(), *y = BN_new();
  BIGNUM *publicX = BN_new(), *publicY = BN_new(), *secret = BN_new(), *other = BN_new();

public:
  bool isReady;

  Group(const uint8_t *octets, uint64_t length) : prime(BN_bin2bn(octets, int(length), nullptr)) {
    uint8_t exponent[32];
    for (int i = 0; i < 32; i++) exponent[i] = uint8_t(0x80 + i * 37);
    isReady = BN_MONT_CTX_set(montgomery, prime, context) == 1 && BN_set_word(generator, 2) == 1 &&
              BN_bin2bn(exponent, 32, x) != nullptr;
    for (int i = 0; i < 32; i++) exponent[i] ^= uint8_t(i * 11 & 0x7F);
    isReady = isReady && BN_bin2bn(exponent, 32, y) != nullptr;
  }

  ~Group() {
    for (BIGNUM *number : {prime, generator, x, y, publicX, publicY, secret, other}) BN_free(number);
    BN_MONT_CTX_free(montgomery);
    BN_CTX_free(context);
  }

  bool negotiate() {
    return power(publicX, generator, x) && power(publicY, generator, y) && power(secret, publicY, x) &&
           power(other, publicX, y) && BN_cmp(secret, other) == 0;
  }

private:
  bool power(BIGNUM *result, const BIGNUM *base, const BIGNUM *exponent) {
    return BN_mod_exp_mont_consttime(result, base, exponent, prime, context, montgomery) == 1;
  }
};

} // namespace

uint64_t limits_negotiate(const uint8_t *prime, uint64_t length, uint64_t negotiations) {
  Group group(prime, length);
  if (!group.isReady) return 0;
  auto start = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < negotiations; i++)
    if (!group.negotiate()) return 0;
  return uint64_t(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count());
}
