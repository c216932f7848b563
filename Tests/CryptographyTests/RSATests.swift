import Testing

@testable import Cryptography

/// A signature key that only tests use, made once.
enum SampleKeys {
  static let rsa = Result { try make("rsa") }
  static let other = Result { try make("other") }
  static let dsa = Result {
    var generator = SeededGenerator(seed: 17, node: "keys", purpose: "dsa")
    return try DSAPrivateKey.make(using: &generator)
  }

  private static func make(_ purpose: String) throws -> RSAPrivateKey {
    var generator = SeededGenerator(seed: 17, node: "keys", purpose: purpose)
    return try RSAPrivateKey.make(using: &generator)
  }
}

/// What a person would read.
func refusal(_ body: () throws -> Void) -> String {
  do { try body() } catch { return "\(error)" }
  return "nothing was refused"
}

@Suite("RSA keys")
struct RSAKeyTests {
  @Test("A stream makes one key, in every process the same", arguments: [512, 768, 1_024, 2_048])
  func golden(_ bitCount: Int) throws {
    var generator = SeededGenerator(seed: 18, node: "fw-a", purpose: "rsa \(bitCount)")
    var again = generator
    var other = SeededGenerator(seed: 18, node: "fw-b", purpose: "rsa \(bitCount)")
    let key = try RSAPrivateKey.make(bitCount: bitCount, using: &generator)
    #expect(try RSAPrivateKey.make(bitCount: bitCount, using: &again) == key)
    #expect(generator == again)
    #expect(key.publicKey.bitCount == bitCount)
    #expect(key.publicKey.exponent == [1, 0, 1])
    // The SHA-256 of the moduli, computed in Python from the description of the search.
    let digests = [
      512: "4a5f80255c096de0e3b8324d040dc303424fbe1fb32772b7d8bdf3ca289509c9",
      768: "99dc9cb4e01a5a61526e0938e77df084888fc773e77cb85b93e3843ec4023e12",
      1_024: "d8a2c0d636d0724c02c62470c16d6e3aa27fff3c1515cd8b9ae8d3a848f65759",
      2_048: "be1412732fc27326d453cf2694dc963787dc30881ea925b37c1c4c429629cfd3",
    ]
    #expect(hex(HashAlgorithm.sha256.digest(key.publicKey.modulus)) == digests[bitCount])
    guard bitCount == 512 else { return }
    #expect(try RSAPrivateKey.make(bitCount: bitCount, using: &other) != key)
    #expect(try RSAPrivateKey.make(bitCount: bitCount, using: &generator) != key)
  }

  @Test("Composite numbers are told from primes")
  func primes() throws {
    let workspace = try Workspace()
    // The prime of Oakley group 1, and strong pseudoprimes to the bases 2, 3, 5, 7 and 11 (OEIS A014233).
    #expect(try PrimeSearch.isProbablyPrime(BigNumber(#require(DiffieHellmanGroup.oakley1.prime)), workspace))
    for composite: UInt64 in [2_047, 1_373_653, 25_326_001, 3_215_031_751, 2_152_302_898_747, 341_550_071_728_321] {
      #expect(try !PrimeSearch.isProbablyPrime(BigNumber(composite), workspace), "\(composite)")
    }
    for prime: UInt64 in [41, 65_537, 1_000_003, 4_294_967_291, 18_446_744_073_709_551_557] {
      #expect(try PrimeSearch.isProbablyPrime(BigNumber(prime), workspace), "\(prime)")
    }
  }

  @Test("Numbers that are no key, in words")
  func refusals() throws {
    let modulus = try SampleKeys.rsa.get().publicKey.modulus
    func key(_ modulus: [UInt8], _ exponent: [UInt8]) -> String {
      refusal { _ = try RSAPublicKey(modulus: modulus, exponent: exponent) }
    }
    #expect(key([1, 1], [3]) == "RSA key: the modulus has 9 bits; expected 512 to 8192")
    #expect(key([], [3]) == "RSA key: the modulus has 0 bits; expected 512 to 8192")
    #expect(key([UInt8](repeating: 255, count: 1_025), [3]).hasPrefix("RSA key: the modulus has 8200 bits"))
    #expect(key(modulus.dropLast() + [2], [3]) == "RSA key: the modulus is even")
    for exponent: [UInt8] in [[], [0], [1], [2], [0, 1]] {
      #expect(key(modulus, exponent) == "RSA key: the public exponent is even, or 1")
    }
    #expect(
      key(modulus, [UInt8](repeating: 1, count: 9))
        == "RSA key: the public exponent has 65 bits; expected at most 64")
    #expect(key([0, 0] + modulus, [0, 1, 0, 1]) == "nothing was refused")
    var generator = SeededGenerator(seed: 0, node: "", purpose: "")
    for bitCount in [-16, 0, 496, 1_000, 4_112] {
      #expect(
        refusal { _ = try RSAPrivateKey.make(bitCount: bitCount, using: &generator) }
          == "RSA key: \(bitCount) bits; expected a multiple of 16 from 512 to 4096")
    }
  }

  @Test("Halves that don't belong together, in words")
  func mismatched() throws {
    let (key, other) = (try SampleKeys.rsa.get(), try SampleKeys.other.get())
    func make(_ exponent: [UInt8], _ first: [UInt8], _ second: [UInt8]) -> String {
      refusal {
        _ = try RSAPrivateKey(publicKey: key.publicKey, exponent: exponent, firstPrime: first, secondPrime: second)
      }
    }
    #expect(make(key.exponent, key.firstPrime, key.secondPrime) == "nothing was refused")
    #expect(make(key.exponent, key.secondPrime, key.firstPrime) == "nothing was refused")
    let product = "RSA key: the modulus is not the product of the two primes"
    #expect(make(key.exponent, key.firstPrime, other.secondPrime) == product)
    #expect(make(key.exponent, key.publicKey.modulus, [1]) == product)
    #expect(make(key.exponent, [], []) == product)
    let undone = "RSA key: the private exponent doesn't undo the public one"
    #expect(make(other.exponent, key.firstPrime, key.secondPrime) == undone)
    #expect(make([], key.firstPrime, key.secondPrime) == undone)
  }
}

@Suite("RSA signatures and encryption")
struct RSATests {
  @Test("A signature is that of its octets and of no others, under its key and under no other")
  func signatures() throws {
    let (key, other) = (try SampleKeys.rsa.get(), try SampleKeys.other.get())
    for count in [0, 1, 16, 20, 64, 117] {
      let octets = (0..<count).map { UInt8($0) }
      let signature = try key.sign(octets)
      #expect(signature.count == 128)
      #expect(try key.sign(octets) == signature)
      #expect(try key.publicKey.isSignature(signature, of: octets))
      #expect(try !key.publicKey.isSignature(signature, of: octets + [0]))
      #expect(try !other.publicKey.isSignature(signature, of: octets))
      #expect(try !key.publicKey.isSignature(Array(signature.dropLast()), of: octets))
      #expect(try !key.publicKey.isSignature([0] + signature, of: octets))
    }
    let signature = try key.sign([1, 2, 3])
    for bit in 0..<1_024 {
      var changed = signature
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(try !key.publicKey.isSignature(changed, of: [1, 2, 3]), "bit \(bit)")
    }
    #expect(
      refusal { _ = try key.sign([UInt8](repeating: 0, count: 118)) }
        == "RSA with 1024 bits: a message of 118 octets; expected at most 117 octets")
  }

  @Test("Digests with their algorithm, as certificates carry them", arguments: HashAlgorithm.allCases)
  func digests(_ algorithm: HashAlgorithm) throws {
    let key = try SampleKeys.rsa.get()
    let digest = algorithm.digest([1, 2, 3])
    let signature = try key.sign(digest: digest, by: algorithm)
    #expect(try key.publicKey.isSignature(signature, ofDigest: digest, by: algorithm))
    for other in HashAlgorithm.allCases where other != algorithm {
      #expect(try !key.publicKey.isSignature(signature, ofDigest: digest, by: other), "\(other)")
    }
    #expect(refusal { _ = try key.sign(digest: digest + [0], by: algorithm) }.hasPrefix("\(algorithm.name): a message"))
  }

  @Test("Encryption with padding from a stream, opened; every other block is refused in the same words")
  func encryption() throws {
    let key = try SampleKeys.rsa.get()
    var generator = SeededGenerator(seed: 19, node: "alice", purpose: "padding")
    for count in [0, 1, 20, 100, 117] {
      let message = generator.bytes(count)
      let again = generator
      let sealed = try key.publicKey.encrypt(message, using: &generator)
      var repeated = again
      #expect(try key.publicKey.encrypt(message, using: &repeated) == sealed)
      #expect(try key.publicKey.encrypt(message, using: &generator) != sealed)
      #expect(try key.decrypt(sealed) == message)
    }
    let refused = "RSA: the ciphertext can't be opened with this key"
    let (text, padding) = ([UInt8](repeating: 7, count: 117), [UInt8](repeating: 9, count: 8))
    let blocks: [[UInt8]] = [
      [0, 1] + padding + [0] + text, [1, 2] + padding + [0] + text, [0, 2] + padding.dropLast() + [0, 0] + text,
      [0, 2] + padding + [9] + text, [UInt8](repeating: 0, count: 128),
    ]
    for block in blocks {
      let sealed = try key.publicKey.raised(block)
      #expect(refusal { _ = try key.decrypt(sealed) } == refused)
    }
    #expect(try key.decrypt(key.publicKey.raised([0, 2] + padding + [0] + text)) == text)
    for ciphertext in [[], [UInt8](repeating: 0, count: 127), key.publicKey.modulus, [0] + key.publicKey.modulus] {
      #expect(refusal { _ = try key.decrypt(ciphertext) } == refused)
    }
  }

  @Test("Padding and messages that don't fit, in words")
  func padding() throws {
    let key = try SampleKeys.rsa.get().publicKey
    #expect(key.paddingLength(for: 20) == 105)
    #expect(key.paddingLength(for: 117) == 8)
    #expect(key.paddingLength(for: 118) == nil)
    var generator = SeededGenerator(seed: 20, node: "alice", purpose: "padding")
    #expect(
      refusal { _ = try key.encrypt([UInt8](repeating: 0, count: 118), using: &generator) }
        == "RSA with 1024 bits: a message of 118 octets; expected at most 117 octets")
    for padding in [[], [UInt8](repeating: 1, count: 104), [0] + [UInt8](repeating: 1, count: 104)] {
      #expect(
        refusal { _ = try key.encrypt([UInt8](repeating: 0, count: 20), padding: padding) }
          == "RSA: padding of \(padding.count) octets; expected 105 octets, none of them zero")
    }
  }

  @Test("Every vector of rsaes_pkcs1v15.json: opened, and sealed again with its padding", OracleVectors.trait)
  func vectors() throws {
    let file = try #require(OracleVectors.read("rsaes_pkcs1v15.json", as: EncryptionVectors.self))
    // The primes were computed from n, e and d.
    let key = try RSAPrivateKey(
      publicKey: RSAPublicKey(modulus: hex(file.n), exponent: hex(file.e)), exponent: hex(file.d),
      firstPrime: hex(
        """
        f4cb15244d66b24a15819cfbf313d5ff514dd0adc5056e59752a728bf716afbaa0f03ce1deff26aa14976366d8be5fff\
        27065a344cb885409065ee8a495c7f4f
        """),
      secondPrime: hex(
        """
        c2d57b4b97caf1ecdaa7057d1801ffd2c5a50b1da39fd9d537cac346c18e44af877d549a0c0c2ac2bfa8c8b930d2aeb4\
        25f391a4dbcc5163288be20757068797
        """))
    #expect(file.vectors.count == 10)
    for vector in file.vectors {
      let block = hex(vector.em)
      let padding = Array(block[2..<block.count - hex(vector.pt).count - 1])
      #expect(try hex(key.decrypt(hex(vector.ct))) == vector.pt)
      #expect(try hex(key.publicKey.encrypt(hex(vector.pt), padding: padding)) == vector.ct)
    }
  }
}

private struct EncryptionVectors: Decodable {
  struct Vector: Decodable {
    let pt: String
    let ct: String
    let em: String
  }

  let n: String
  let e: String
  let d: String
  let vectors: [Vector]
}
