import Testing

@testable import Cryptography

/// A key, a vector and a text for an algorithm, the same each time.
private struct Sample {
  let key: [UInt8]
  let vector: [UInt8]
  let text: [UInt8]

  init(_ algorithm: CipherAlgorithm, blocks: Int = 4, purpose: String = "sample") {
    var generator = SeededGenerator(seed: 2, node: algorithm.name, purpose: purpose)
    key = generator.bytes(algorithm.keyLength)
    vector = generator.bytes(algorithm.initializationVectorLength)
    text = generator.bytes(blocks * algorithm.blockLength)
  }
}

@Suite("Ciphers")
struct CipherTests {
  @Test("Published examples, both ways", arguments: CipherExample.all)
  func published(_ example: CipherExample) throws {
    let (key, vector) = (hex(example.key), hex(example.vector))
    let seal = try Cipher(example.algorithm, key: key, direction: .encrypt)
    let open = try Cipher(example.algorithm, key: key, direction: .decrypt)
    #expect(try hex(seal.process(hex(example.plaintext), initializationVector: vector).octets) == example.ciphertext)
    #expect(try hex(open.process(hex(example.ciphertext), initializationVector: vector).octets) == example.plaintext)
  }

  @Test("Every algorithm has an example")
  func exampleForEach() {
    #expect(Set(CipherExample.all.map(\.algorithm)) == Set(CipherAlgorithm.allCases))
  }

  @Test("A range is processed where it lies; the octets around it stay", arguments: CipherAlgorithm.allCases)
  func inPlace(_ algorithm: CipherAlgorithm) throws {
    let sample = Sample(algorithm)
    let seal = try Cipher(algorithm, key: sample.key, direction: .encrypt)
    let expected = try seal.process(sample.text, initializationVector: sample.vector).octets
    let before = [UInt8](repeating: 0xA5, count: 7) + sample.vector
    let after = [UInt8](repeating: 0x5A, count: 5)
    var packet = before + sample.text + after
    let range = before.count..<before.count + sample.text.count
    try seal.process(&packet, range: range, initializationVectorAt: 7)
    #expect(packet == before + expected + after)
    let open = try Cipher(algorithm, key: sample.key, direction: .decrypt)
    try open.process(&packet, range: range, initializationVector: sample.vector)
    #expect(packet == before + sample.text + after)
  }

  @Test("A context that was used gives what a new one gives", arguments: CipherAlgorithm.allCases)
  func reused(_ algorithm: CipherAlgorithm) throws {
    let sample = Sample(algorithm)
    let kept = try Cipher(algorithm, key: sample.key, direction: .encrypt)
    for blocks in [4, 1, 0, 9] {
      let other = Sample(algorithm, blocks: blocks, purpose: "\(blocks) blocks")
      let fresh = try Cipher(algorithm, key: sample.key, direction: .encrypt)
      let expected = try fresh.process(other.text, initializationVector: other.vector)
      #expect(try kept.process(other.text, initializationVector: other.vector) == expected)
      kept.releaseContext()
      #expect(try kept.process(other.text, initializationVector: other.vector) == expected)
    }
  }

  @Test("The last block of a message goes on as the vector of the next")
  func chain() throws {
    for algorithm in [CipherAlgorithm.desCBC, .tripleDESCBC, .aes128CBC] {
      let sample = Sample(algorithm)
      let seal = try Cipher(algorithm, key: sample.key, direction: .encrypt)
      let open = try Cipher(algorithm, key: sample.key, direction: .decrypt)
      let whole = try seal.process(sample.text + sample.text, initializationVector: sample.vector)
      let first = try seal.process(sample.text, initializationVector: sample.vector)
      #expect(first.nextInitializationVector == first.octets.suffix(algorithm.blockLength))
      let second = try seal.process(sample.text, initializationVector: first.nextInitializationVector)
      #expect(first.octets + second.octets == whole.octets)
      let opened = try open.process(first.octets, initializationVector: sample.vector)
      #expect(opened.octets == sample.text)
      #expect(opened.nextInitializationVector == first.nextInitializationVector)
      #expect(try seal.process([], initializationVector: sample.vector).nextInitializationVector == sample.vector)
    }
  }

  @Test("Copies of one cipher in many tasks don't disturb each other")
  func shared() async throws {
    let sample = Sample(.aes128CBC, blocks: 40)
    let cipher = try Cipher(.aes128CBC, key: sample.key, direction: .encrypt)
    let expected = try cipher.process(sample.text, initializationVector: sample.vector)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 {
        group.addTask { (try? cipher.process(sample.text, initializationVector: sample.vector)) == expected }
      }
      for await same in group { #expect(same) }
    }
  }
}

@Suite("What ciphers refuse")
struct CipherRefusalTests {
  private func message(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "nothing was refused"
  }

  @Test("Every wrong length of a key", arguments: CipherAlgorithm.allCases)
  func keyLengths(_ algorithm: CipherAlgorithm) {
    for count in 0...64 {
      let isTaken = (try? Cipher(algorithm, key: [UInt8](repeating: 1, count: count), direction: .encrypt)) != nil
      #expect(isTaken == algorithm.keyLengths.contains(count), "\(count) octets")
    }
  }

  @Test("Lengths of keys and vectors, in words")
  func lengths() throws {
    #expect(
      message { _ = try Cipher(.tripleDESCBC, key: [1], direction: .encrypt) }
        == "3DES-CBC: a key of 1 octet; expected 24 octets")
    #expect(
      message { _ = try Cipher(.cast128CBC, key: [], direction: .encrypt) }
        == "CAST5-CBC: a key of 0 octets; expected 5 to 16 octets")
    let cipher = try Cipher(.aes128CBC, key: [UInt8](repeating: 1, count: 16), direction: .encrypt)
    #expect(
      message { _ = try cipher.process([], initializationVector: [1, 2, 3]) }
        == "AES-128-CBC: an initialization vector of 3 octets; expected 16 octets")
    #expect(
      message { _ = try cipher.process([1], initializationVector: [UInt8](repeating: 1, count: 16)) }
        == "AES-128-CBC: 1 octet of data; expected a multiple of 16 octets")
  }

  @Test("Ranges and vectors outside the buffer, in words")
  func ranges() throws {
    let cipher = try Cipher(.desCBC, key: [UInt8](repeating: 1, count: 8), direction: .encrypt)
    let untouched = [UInt8](repeating: 0xA5, count: 16)
    var buffer = untouched
    let vector = [UInt8](repeating: 0, count: 8)
    #expect(
      message { try cipher.process(&buffer, range: 16..<24, initializationVector: vector) }
        == "octets 16..<24 are not inside a buffer of 16 octets")
    #expect(
      message { try cipher.process(&buffer, range: -8..<0, initializationVector: vector) }
        == "octets -8..<0 are not inside a buffer of 16 octets")
    #expect(
      message { try cipher.process(&buffer, range: 8..<16, initializationVectorAt: 9) }
        == "octets 9..<17 are not inside a buffer of 16 octets")
    for offset in [Int.max, Int.min, -1] {
      #expect(throws: CryptographyError.self) {
        try cipher.process(&buffer, range: 8..<16, initializationVectorAt: offset)
      }
    }
    #expect(buffer == untouched)
  }

  @Test("Without the legacy module only its ciphers are missing, and the error says the remedy")
  func legacyMissing() throws {
    let library = Library(legacyProvider: "no-such-provider")
    for algorithm in CipherAlgorithm.allCases where algorithm.properties.provider == .default {
      #expect(throws: Never.self) { try library.cipher(algorithm) }
    }
    for algorithm in [CipherAlgorithm.desCBC, .cast128CBC, .blowfishCBC] {
      let text = message { _ = try library.cipher(algorithm) }
      #expect(text.hasPrefix("libcrypto's no-such-provider provider could not be loaded ("))
      #expect(
        text.hasSuffix(
          "), and \(algorithm.name) needs it; Debian has it in the package libssl3, and OPENSSL_MODULES names "
            + "the folder if it lies elsewhere"))
    }
  }
}

@Suite("Weak keys")
struct WeakKeyTests {
  @Test("The sixteen of RFC 2409 Appendix A, with any parity")
  func des() {
    for key in WeakDESKeys.weak + WeakDESKeys.semiWeak {
      for parity: UInt64 in [0, 0x0101_0101_0101_0101, 0x0100_0001_0001_0100] {
        let octets = (0..<8).map { UInt8(truncatingIfNeeded: (key ^ parity) >> (56 - 8 * $0)) }
        #expect(CipherAlgorithm.desCBC.isWeakKey(octets), "\(hex(octets))")
        #expect(!CipherAlgorithm.desCBC.isWeakKey([octets[0] ^ 2] + octets.dropFirst()), "\(hex(octets))")
      }
    }
    #expect(!CipherAlgorithm.desCBC.isWeakKey(hex("0123456789abcdef")))
  }

  @Test("A weak key undoes itself, a semi-weak one its partner")
  func property() throws {
    let text = hex("0123456789abcdef")
    func encrypt(_ text: [UInt8], _ key: UInt64) throws -> [UInt8] {
      let octets = (0..<8).map { UInt8(truncatingIfNeeded: key >> (56 - 8 * $0)) }
      let cipher = try Cipher(.desCBC, key: octets, direction: .encrypt)
      return try cipher.process(text, initializationVector: [UInt8](repeating: 0, count: 8)).octets
    }
    for key in WeakDESKeys.weak { #expect(try encrypt(encrypt(text, key), key) == text) }
    for (key, partner) in zip(WeakDESKeys.semiWeak.prefix(6), [6, 7, 8, 9, 10, 11]) {
      #expect(try encrypt(encrypt(text, key), WeakDESKeys.semiWeak[partner]) == text)
    }
  }

  @Test("3DES with two neighbouring parts the same is DES")
  func tripleDES() {
    let (one, two, three) = (hex("0123456789abcdef"), hex("23456789abcdef01"), hex("456789abcdef0123"))
    let otherParity = one.map { $0 ^ 1 }
    #expect(CipherAlgorithm.tripleDESCBC.isWeakKey(one + otherParity + three))
    #expect(CipherAlgorithm.tripleDESCBC.isWeakKey(three + one + one))
    #expect(!CipherAlgorithm.tripleDESCBC.isWeakKey(one + two + one))
    #expect(!CipherAlgorithm.tripleDESCBC.isWeakKey(one + two + three))
    #expect(!CipherAlgorithm.tripleDESCBC.isWeakKey(one))
    #expect(!CipherAlgorithm.aes128CBC.isWeakKey([UInt8](repeating: 1, count: 16)))
  }
}
