import Testing

@testable import Cryptography

@Suite("DSA")
struct DSATests {
  /// RFC 6979 §A.2.1: the key, and r and s for two messages and three hashes.
  private static let secret = "411602cb19a6ccc34494d79d98ef1e7ed5af25f7"
  private static let value = """
    5df5e01ded31d0297e274e1691c192fe5868fef9e19a84776454b100cf16f653\
    92195a38b90523e2542ee61871c0440cb87c322fc4b4d2ec5e1e7ec766e1be8d\
    4ce935437dc11c3c8fd426338933ebfe739cb3465f4d3668c5e473508253b1e6\
    82f65cbdc4fae93c2ea212390e54905a86e2223170b44eaa7da5dd9ffcfb7f3b
    """
  private static let examples: [(message: String, hash: HashAlgorithm, r: String, s: String)] = [
    ("sample", .sha1, "2e1a0c2562b2912caaf89186fb0f42001585da55", "29efb6b0aff2d7a68eb70ca313022253b9a88df5"),
    ("test", .sha1, "42ab2052fd43e123f0607f115052a67dcd9c5c77", "183916b0230d45b9931491d4c6b0bd2fb4aaf088"),
    ("sample", .sha256, "81f2f5850be5bc123c43f71a3033e9384611c545", "4cdd914b65eb6c66a8aaad27299bee6b035f5e89"),
    ("test", .sha256, "22518c127299b0f6fdc9872b282b9e70d0790812", "6837ec18f150d55de95b5e29be7af5d01e4fe160"),
    ("sample", .sha384, "07f2108557ee0e3921bc1774f1ca9b410b4ce65a", "54df70456c86fac10fab47c1949ab83f2c6f7595"),
    ("sample", .sha512, "16c3491f9b8c3fbbdd5e7a7b667057f0d8ee8e1b", "02c36a127a7b89edbb72e4ffbc71dabc7d4fc69c"),
  ]

  @Test("RFC 6979 §A.2.1: the public value, and six signatures", arguments: 0..<6)
  func published(_ index: Int) throws {
    let example = Self.examples[index]
    let key = try DSAPrivateKey(parameters: .published, exponent: hex(Self.secret))
    #expect(hex(key.publicKey.value) == Self.value)
    let digest = example.hash.digest(Array(example.message.utf8))
    let signature = try key.sign(digest: digest, by: example.hash)
    #expect(hex(signature) == example.r + example.s)
    #expect(try key.publicKey.isSignature(signature, ofDigest: digest))
  }

  @Test("A signature is that of its digest and of no other, under its key and under no other")
  func signatures() throws {
    let key = try SampleKeys.dsa.get()
    let other = try DSAPrivateKey(parameters: .published, exponent: hex(Self.secret))
    let digest = HashAlgorithm.sha1.digest([1, 2, 3])
    let signature = try PrivateKey.dsa(key).sign(hash: digest)
    #expect(signature.count == 40)
    #expect(try key.sign(digest: digest) == signature)
    #expect(try PublicKey.dsa(key.publicKey).isSignature(signature, ofHash: digest))
    #expect(try !other.publicKey.isSignature(signature, ofDigest: digest))
    #expect(try !key.publicKey.isSignature(signature, ofDigest: HashAlgorithm.sha1.digest([1, 2])))
    for bit in 0..<320 {
      var changed = signature
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(try !key.publicKey.isSignature(changed, ofDigest: digest), "bit \(bit)")
    }
    let zeros = [UInt8](repeating: 0, count: 20)
    let order = key.publicKey.parameters.order
    let (r, s) = (Array(signature.prefix(20)), Array(signature.suffix(20)))
    for wrong in [[], zeros + zeros, r + zeros, zeros + s, signature + [0], order + s, r + order] {
      #expect(try !key.publicKey.isSignature(wrong, ofDigest: digest))
    }
  }

  @Test("A stream makes one key, and another the next time")
  func make() throws {
    var generator = SeededGenerator(seed: 21, node: "fw-a", purpose: "dsa")
    var again = generator
    let key = try DSAPrivateKey.make(using: &generator)
    #expect(try DSAPrivateKey.make(using: &again) == key)
    #expect(try DSAPrivateKey.make(using: &generator) != key)
    // Computed in Python from the description.
    #expect(
      hex(HashAlgorithm.sha256.digest(key.publicKey.value))
        == "ec43bddcefdb26d71f5bd359f5323f46bcb35988f189908208dac3d8146ede97")
  }

  @Test("Numbers that are no key, in words")
  func refusals() throws {
    let good = DSAParameters.published
    func parameters(_ prime: [UInt8], _ order: [UInt8], _ generator: [UInt8]) -> String {
      refusal { _ = try DSAParameters(prime: prime, order: order, generator: generator) }
    }
    #expect(parameters(good.prime, good.order, good.generator) == "nothing was refused")
    #expect(
      parameters([7], good.order, [2]) == "DSA key: the prime has 3 bits, or is even; expected 512 to 3072")
    #expect(
      parameters(good.prime.dropLast() + [0], good.order, good.generator).hasPrefix("DSA key: the prime has 1024"))
    #expect(
      parameters(good.prime, [3], good.generator)
        == "DSA key: the order has 2 bits, or is even; expected 160 to 256")
    for generator in [[], [1], good.prime, [1] + good.prime] {
      #expect(
        parameters(good.prime, good.order, generator) == "DSA key: the generator is not between 1 and the prime")
    }
    for value in [[], [1], good.prime] {
      #expect(
        refusal { _ = try DSAPublicKey(parameters: good, value: value) }
          == "DSA key: the public value is not between 1 and the prime")
    }
    for exponent in [[], [0], good.order] {
      #expect(
        refusal { _ = try DSAPrivateKey(parameters: good, exponent: exponent) }
          == "DSA key: the private value is not between 0 and the order")
    }
  }

  @Test("NIST's signatures, true and false: dsa_sigver_1024_sha1.json", OracleVectors.trait)
  func vectors() throws {
    let vectors = try #require(OracleVectors.read("dsa_sigver_1024_sha1.json", as: SignatureVectors.self)).vectors
    #expect(vectors.count == 15)
    #expect(vectors.filter { $0.result.hasPrefix("P") }.count == 7)
    for vector in vectors {
      let key = try DSAPublicKey(
        parameters: DSAParameters(prime: hex(vector.p), order: hex(vector.q), generator: hex(vector.g)),
        value: hex(vector.y))
      let numbers = [vector.r, vector.s].map { number in
        [UInt8](repeating: 0, count: 20 - hex(number).count) + hex(number)
      }
      let isRight = try key.isSignature(
        numbers[0] + numbers[1], ofDigest: HashAlgorithm.sha1.digest(hex(vector.message)))
      #expect(isRight == vector.result.hasPrefix("P"), "\(vector.result)")
    }
  }
}

private struct SignatureVectors: Decodable {
  struct Vector: Decodable {
    let p: String
    let q: String
    let g: String
    let message: String
    let y: String
    let r: String
    let s: String
    let result: String

    enum CodingKeys: String, CodingKey {
      case p = "P"
      case q = "Q"
      case g = "G"
      case message = "Msg"
      case y = "Y"
      case r = "R"
      case s = "S"
      case result = "Result"
    }
  }

  let vectors: [Vector]
}
