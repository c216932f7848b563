import Testing

@testable import Cryptography

/// The digest of "abc", and HMACs of "Hi There" and of "what do ya want for nothing?".
struct HashExample: Sendable, CustomTestStringConvertible {
  let algorithm: HashAlgorithm
  let source: String
  let abc: String
  let hiThere: String
  let forNothing: String

  var testDescription: String { algorithm.name }

  static let all: [HashExample] = [
    HashExample(
      algorithm: .md5, source: "RFC 1321 A.5, RFC 2202 §2 cases 1 and 2", abc: "900150983cd24fb0d6963f7d28e17f72",
      hiThere: "9294727a3638bb1c13f48ef8158bfc9d", forNothing: "750c783e6ab0b503eaa86e310a5db738"),
    HashExample(
      algorithm: .sha1, source: "FIPS 180-1 appendix A, RFC 2202 §3 cases 1 and 2",
      abc: "a9993e364706816aba3e25717850c26c9cd0d89d", hiThere: "b617318655057264e28bc0b6fb378c8ef146be00",
      forNothing: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    HashExample(
      algorithm: .sha256, source: "FIPS 180-2 B.1, RFC 4231 §4 cases 1 and 2",
      abc: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      hiThere: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      forNothing: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    HashExample(
      algorithm: .sha384, source: "FIPS 180-2 D.1, RFC 4231 §4 cases 1 and 2",
      abc: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
      hiThere: "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
      forNothing: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"),
    HashExample(
      algorithm: .sha512, source: "FIPS 180-2 C.1, RFC 4231 §4 cases 1 and 2",
      abc: """
        ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
        2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
        """,
      hiThere: """
        87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
        daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854
        """,
      forNothing: """
        164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
        9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737
        """),
    HashExample(
      algorithm: .ripemd160, source: "the RIPEMD-160 paper's appendix B, RFC 2286 §2 cases 1 and 2",
      abc: "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc", hiThere: "24cb4bd67d20fc1a5d2ed7732dcc39377f0a5668",
      forNothing: "dda6c0213a485a9e24f4742064a7f033b43c4069"),
  ]
}

@Suite("Hashes")
struct HashTests {
  @Test("Published examples", arguments: HashExample.all)
  func published(_ example: HashExample) {
    let digest = example.algorithm.digest(Array("abc".utf8))
    #expect(hex(digest) == example.abc)
    #expect(digest.count == example.algorithm.digestLength)
  }

  @Test("Every algorithm has an example")
  func exampleForEach() { #expect(HashExample.all.map(\.algorithm) == HashAlgorithm.allCases) }

  @Test("Parts, pieces and ranges are the same as the whole", arguments: HashAlgorithm.allCases)
  func pieces(_ algorithm: HashAlgorithm) throws {
    var generator = SeededGenerator(seed: 3, node: algorithm.name, purpose: "pieces")
    let text = generator.bytes(300)
    let whole = algorithm.digest(text)
    for cut in [0, 1, 63, 64, 65, 127, 128, 129, 300] {
      #expect(algorithm.digest([Array(text[..<cut]), [], Array(text[cut...])]) == whole, "cut at \(cut)")
      var context = HashContext(algorithm)
      try context.update(text, range: 0..<cut)
      let beginning = context
      try context.update(text, range: cut..<300)
      #expect(context.digest() == whole, "cut at \(cut)")
      #expect(context.digest() == whole, "asked again")
      #expect(beginning.digest() == algorithm.digest(Array(text[..<cut])), "a copy goes on by itself")
    }
  }

  @Test("A range outside is refused")
  func outside() {
    var context = HashContext(.sha1)
    #expect(throws: CryptographyError.rangeOutside(lowerBound: 1, upperBound: 4, count: 3)) {
      try context.update([1, 2, 3], range: 1..<4)
    }
  }
}

@Suite("HMAC")
struct MessageAuthenticatorTests {
  private static let text = Array("what do ya want for nothing?".utf8)
  private static let key = Array("Jefe".utf8)

  @Test("Published examples", arguments: HashExample.all)
  func published(_ example: HashExample) {
    let long = [UInt8](repeating: 0x0B, count: example.algorithm == .md5 ? 16 : 20)
    #expect(
      hex(MessageAuthenticator(example.algorithm, key: long).authenticate(Array("Hi There".utf8))) == example.hiThere)
    #expect(hex(example.algorithm.prf(Self.key, [Self.text])) == example.forNothing)
    #expect(
      hex(example.algorithm.prf(Self.key, [Array(Self.text[..<5]), [], Array(Self.text[5...])])) == example.forNothing)
  }

  @Test("A key longer than the hash's block: RFC 2202 §3 case 6, RFC 4231 §4.7")
  func longKeys() {
    let text = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
    #expect(
      hex(HashAlgorithm.sha1.prf([UInt8](repeating: 0xAA, count: 80), [text]))
        == "aa4ae5e15272d00e95705637ce8a3b55ed402112")
    #expect(
      hex(HashAlgorithm.sha256.prf([UInt8](repeating: 0xAA, count: 131), [text]))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test("One that was used gives what a new one gives", arguments: HashAlgorithm.allCases)
  func reused(_ algorithm: HashAlgorithm) throws {
    var generator = SeededGenerator(seed: 4, node: algorithm.name, purpose: "reused")
    let kept = MessageAuthenticator(algorithm, key: Self.key)
    for count in [0, 1, 55, 56, 64, 111, 112, 128, 1_000] {
      let text = generator.bytes(count)
      let expected = algorithm.prf(Self.key, [text])
      #expect(kept.authenticate(text) == expected, "\(count) octets")
      #expect(try kept.authenticate([9] + text + [9], range: 1..<count + 1) == expected, "\(count) octets")
    }
  }

  @Test("The ICV stands at its place, the octets around it stay", arguments: IntegrityAlgorithm.allCases)
  func integrityCheckValue(_ algorithm: IntegrityAlgorithm) throws {
    let key = [UInt8](repeating: 7, count: algorithm.keyLength)
    guard let authenticator = try algorithm.authenticator(key: key) else {
      #expect(algorithm == .none)
      return
    }
    let (text, length) = (Self.text, algorithm.icvLength)
    var packet = text + [UInt8](repeating: 0xA5, count: length) + [0x5A]
    try authenticator.writeIntegrityCheckValue(of: 0..<text.count, into: &packet, at: text.count, length: length)
    #expect(packet == text + authenticator.authenticate(text).prefix(length) + [0x5A])
    func verify(_ packet: [UInt8]) throws -> Bool {
      try authenticator.verifyIntegrityCheckValue(of: 0..<text.count, in: packet, at: text.count, length: length)
    }
    #expect(try verify(packet))
    for bit in 0..<(text.count + length) * 8 {
      packet[bit / 8] ^= 1 << (bit % 8)
      #expect(try !verify(packet), "bit \(bit)")
      packet[bit / 8] ^= 1 << (bit % 8)
    }
  }

  @Test("An ICV inside the range is read before it is written, as AH needs")
  func inside() throws {
    let authenticator = MessageAuthenticator(.sha1, key: Self.key)
    let zeroed = Self.text + [UInt8](repeating: 0, count: 12) + Self.text
    var packet = zeroed
    try authenticator.writeIntegrityCheckValue(of: 0..<packet.count, into: &packet, at: Self.text.count, length: 12)
    #expect(packet == Self.text + authenticator.authenticate(zeroed).prefix(12) + Self.text)
  }

  @Test("Keys, ICVs and ranges that don't fit, in words")
  func refusals() throws {
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return "nothing was refused"
    }
    #expect(
      message { _ = try IntegrityAlgorithm.hmacSHA1_96.authenticator(key: Self.key) }
        == "HMAC-SHA-1-96: a key of 4 octets; expected 20 octets")
    let authenticator = MessageAuthenticator(.sha1, key: Self.key)
    var packet = Self.text
    for length in [-1, 0, 21] {
      #expect(
        message { try authenticator.writeIntegrityCheckValue(of: 0..<1, into: &packet, at: 1, length: length) }
          == "HMAC-SHA-1: an ICV of \(length) octets; expected 1 to 20 octets")
    }
    #expect(
      message { _ = try authenticator.verifyIntegrityCheckValue(of: 0..<20, in: packet, at: 20, length: 12) }
        == "octets 20..<32 are not inside a buffer of 28 octets")
    #expect(
      message { _ = try authenticator.authenticate(packet, range: 20..<29) }
        == "octets 20..<29 are not inside a buffer of 28 octets")
    #expect(packet == Self.text)
  }

  @Test("Equality in constant time")
  func equality() {
    #expect(constantTimeEquals([], []))
    #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
    #expect(!constantTimeEquals([], [0]))
  }
}
