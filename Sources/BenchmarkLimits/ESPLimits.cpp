// HMAC_CTX is deprecated and is what takes least time: the limit is to be the limit.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "ESPLimits.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <chrono>
#include <cstring>
#include <vector>

namespace {

constexpr size_t headerLength = 8;

class Bare {
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  HMAC_CTX *hmac = HMAC_CTX_new();
  size_t vectorLength;
  bool encryptsAtAll = true;
  uint64_t number = 0;
  std::vector<uint8_t> packet;

public:
  bool isKeyed = false;

  Bare(limits_esp_cipher kind, uint64_t length, bool encrypts) {
    uint8_t key[24];
    for (size_t i = 0; i < sizeof key; i++) key[i] = uint8_t(i * 37 + 1);
    const EVP_CIPHER *algorithm = kind == limits_esp_none    ? EVP_enc_null()
                                  : kind == limits_esp_3des ? EVP_des_ede3_cbc()
                                                            : EVP_aes_128_cbc();
    encryptsAtAll = kind != limits_esp_none;
    vectorLength = size_t(EVP_CIPHER_get_iv_length(algorithm));
    isKeyed = EVP_CipherInit_ex(cipher, algorithm, nullptr, key, nullptr, encrypts) == 1 &&
              HMAC_Init_ex(hmac, key, 20, EVP_sha1(), nullptr) == 1;
    packet.resize(headerLength + vectorLength + length + 12);
  }

  ~Bare() {
    EVP_CIPHER_CTX_free(cipher);
    HMAC_CTX_free(hmac);
  }

  void seal() {
    crypt();
    uint8_t digest[EVP_MAX_MD_SIZE];
    authenticate(digest);
    memcpy(packet.data() + packet.size() - 12, digest, 12);
  }

  int open() {
    uint8_t digest[EVP_MAX_MD_SIZE];
    authenticate(digest);
    int difference = CRYPTO_memcmp(digest, packet.data() + packet.size() - 12, 12);
    crypt();
    return difference;
  }

private:
  void crypt() {
    if (!encryptsAtAll) return;
    uint8_t *vector = packet.data() + headerLength;
    number++;
    memcpy(vector, &number, sizeof number);
    uint8_t *text = vector + vectorLength;
    size_t length = packet.size() - 12 - headerLength - vectorLength;
    EVP_CipherInit_ex(cipher, nullptr, nullptr, nullptr, vector, -1);
    EVP_Cipher(cipher, text, text, unsigned(length));
  }

  void authenticate(uint8_t *digest) {
    unsigned length = 0;
    HMAC_Init_ex(hmac, nullptr, 0, nullptr, nullptr);
    HMAC_Update(hmac, packet.data(), packet.size() - 12);
    HMAC_Final(hmac, digest, &length);
  }
};

template <typename Body> uint64_t nanoseconds(const Body &body) {
  auto start = std::chrono::steady_clock::now();
  body();
  return uint64_t(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count());
}

} // namespace

uint64_t limits_esp_seal(limits_esp_cipher cipher, uint64_t length, uint64_t operations) {
  Bare bare(cipher, length, true);
  if (!bare.isKeyed) return 0;
  bare.seal();
  return nanoseconds([&] {
    for (uint64_t i = 0; i < operations; i++) bare.seal();
  });
}

uint64_t limits_esp_open(limits_esp_cipher cipher, uint64_t length, uint64_t operations) {
  Bare bare(cipher, length, false);
  if (!bare.isKeyed) return 0;
  volatile int difference = bare.open();
  return nanoseconds([&] {
    for (uint64_t i = 0; i < operations; i++) difference = bare.open();
  });
}
