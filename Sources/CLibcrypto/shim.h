#pragma once
// The digests' plain state structs (SHA_CTX and the like) are deprecated since 3.0 but stay part of libcrypto's
// interface. They hold no pointer, so a keyed HMAC state is a value that is copied instead of a context that is
// duplicated on the heap.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/md5.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/ripemd.h>
#include <openssl/sha.h>
