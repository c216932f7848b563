import Testing

@testable import Cryptography

extension DiffieHellmanGroup {
  static let modular = all.filter { $0.prime != nil }
}

/// An exchange that Python's integers computed from the formulas of RFC 2409 §6 and RFC 3526. Of the three long values
/// the SHA-256.
struct ExchangeExample: Sendable, CustomTestStringConvertible {
  let group: DiffieHellmanGroup
  let x: String
  let y: String
  let gx: String
  let gy: String
  let gxy: String

  var testDescription: String { "group \(group.number)" }

  static let all: [ExchangeExample] = [
    ExchangeExample(
      group: .oakley1, x: "25fb28c4c0202995919d46c7cce5b45b8a8f69feaf1e7cea19e6eb55e363c28b",
      y: "c168dc5c5604a98146d354cd9c6c42e7ffbded86fb3910ce97f1858cdfa8c75b",
      gx: "e0d8fa3ddf4a008787d0cc351491edcc3b7170b1f3ed3d7b7432d8e0ca6f76db",
      gy: "ab743f8113500e610b3665f6fa524c0f93fe3e38c8625f8b3ab8a3d7a5f06d05",
      gxy: "542d1adfce33862f52cd4cfad90f991d29185d606e2e0827ca3247f790b7b08a"),
    ExchangeExample(
      group: .oakley2, x: "ce49787103540cebc8ba8b7c8395c2dd94ae425e3ac97d41832135a11b2fc2ff",
      y: "ce5153a4f07edf418d1793fee92a095655087229b1a2e4b253c71e0f20fabed",
      gx: "0f586990b8703300ea6b3ac857be431d263fa85fa4c9c02f800ca4fdce0caafb",
      gy: "b70a20116341195bb962ccd0d14a29617172a251ad65edcb5f062d567e177c56",
      gxy: "7768bf985aea68ebbad631bc0320680d1975e14579fe07a938e81d8860e30e3c"),
    ExchangeExample(
      group: .oakley5, x: "d722df46806a21405796daf7e061dad89b6873aff51ab542932cfaad3dfaa13",
      y: "ed0c36f54f704a5c7c0aa20b80483932d432cf7939d11184964472f94a3270cd",
      gx: "60ed3da12bbc4ee06a8e1c9961cc468e723170aec9bb0b596353a55916664eff",
      gy: "01f3675a766a4862e4e04ce77a22451eb2dfe5bc825d94dcae13ff23c0bd454f",
      gxy: "86f90910dd13b5490d4d535f7beb0ad9f26f146a1eb600d63c4e55a71dde6991"),
    ExchangeExample(
      group: .oakley14, x: "9d7550db9d3f796db9a91bd70f0094a8e6d764de38fcc67cdab453c1bb916edd",
      y: "cc8c082c438fa30a516c19d8789ac55cb64c56724dc42d172c6ad0bfbdede009",
      gx: "5d64b706cc163c78e86db72b427a4242473d1c58f92905fbb7028189daa203b8",
      gy: "aea64ae1498c58097692cc611352dd976b6985c5b2f41d703c3043605d6bc8cb",
      gxy: "d3133d4332ae8d16677d0cffe3a60dd3b1a0e15ab59d7a6676484e6224d43309"),
  ]
}

@Suite("Oakley groups")
struct DiffieHellmanTests {
  private func sha256(_ octets: [UInt8]) -> String { hex(HashAlgorithm.sha256.digest(octets)) }

  @Test("Computed examples", arguments: ExchangeExample.all)
  func examples(_ example: ExchangeExample) throws {
    let (x, y) = (hex(example.x), hex(example.y))
    let gx = try example.group.publicValue(x)
    let gy = try example.group.publicValue(y)
    #expect(sha256(gx) == example.gx)
    #expect(sha256(gy) == example.gy)
    #expect(try sha256(example.group.sharedSecret(x, peerPublicValue: gy)) == example.gxy)
    #expect(try sha256(example.group.sharedSecret(y, peerPublicValue: gx)) == example.gxy)
  }

  @Test("Numbers, lengths, and 64 ones at both ends of each prime")
  func groups() {
    #expect(DiffieHellmanGroup.all.map(\.number) == [1, 2, 3, 4, 5, 14])
    #expect(DiffieHellmanGroup.all.map(\.bitCount) == [768, 1_024, 155, 185, 1_536, 2_048])
    #expect(DiffieHellmanGroup.all.map(\.length) == [96, 128, 20, 24, 192, 256])
    for group in DiffieHellmanGroup.all {
      #expect(DiffieHellmanGroup(number: group.number) == group)
      guard let prime = group.prime else { continue }
      let ones = [UInt8](repeating: 0xFF, count: 8)
      #expect(prime.prefix(8) == ones[...] && prime.suffix(8) == ones[...])
    }
    #expect(DiffieHellmanGroup.all.filter { $0.prime == nil }.map(\.number) == [3, 4])
    #expect([0, 6, 15].allSatisfy { DiffieHellmanGroup(number: $0) == nil })
  }

  @Test("The table gives what the exponentiation without it gives", arguments: DiffieHellmanGroup.modular)
  func table(_ group: DiffieHellmanGroup) throws {
    let arithmetic = try ModularArithmetic(modulus: #require(group.prime))
    var generator = SeededGenerator(seed: 5, node: "group \(group.number)", purpose: "table")
    var exponents = (0..<20).map { _ in generator.bytes(32) }
    exponents += [[1], [255], [1, 0], [0, 0, 3], [1] + [UInt8](repeating: 0, count: 31)]
    exponents += [[UInt8](repeating: 255, count: 32), [1] + [UInt8](repeating: 0, count: 32), generator.bytes(96)]
    for exponent in exponents {
      let expected = try arithmetic.power([2], exponent)
      #expect(try group.publicValue(exponent) == expected, "exponent \(hex(exponent))")
      #expect(expected.count == group.length)
    }
  }

  @Test("Short values keep their length: g^1 is 2 behind zeros")
  func padding() throws {
    for group in DiffieHellmanGroup.modular {
      let two = [UInt8](repeating: 0, count: group.length - 1) + [2]
      #expect(try group.publicValue([1]) == two)
      #expect(try group.sharedSecret([1], peerPublicValue: two) == two)
    }
  }

  @Test("Exponents from one stream are the same again, others from another")
  func exponents() {
    var first = SeededGenerator(seed: 6, node: "fw-a", purpose: "dh")
    var again = first
    var other = SeededGenerator(seed: 6, node: "fw-b", purpose: "dh")
    let exponent = DiffieHellmanGroup.makePrivateExponent(using: &first)
    #expect(exponent.count == 32)
    #expect(exponent[0] >= 0x80)
    #expect(DiffieHellmanGroup.makePrivateExponent(using: &again) == exponent)
    #expect(DiffieHellmanGroup.makePrivateExponent(using: &first) != exponent)
    #expect(DiffieHellmanGroup.makePrivateExponent(using: &other) != exponent)
  }

  @Test("Many tasks at once get one answer")
  func concurrent() async throws {
    let expected = try DiffieHellmanGroup.oakley1.publicValue([1, 2, 3])
    await withTaskGroup(of: Bool.self) { tasks in
      for _ in 0..<16 {
        tasks.addTask { (try? DiffieHellmanGroup.oakley1.publicValue([1, 2, 3])) == expected }
      }
      for await same in tasks { #expect(same) }
    }
  }
}

@Suite("Public values that are refused")
struct PublicValueTests {
  private func refusal(_ value: [UInt8], _ group: DiffieHellmanGroup = .oakley2) -> String {
    do { _ = try group.sharedSecret([3], peerPublicValue: value) } catch { return "\(error)" }
    return "nothing was refused"
  }

  /// The prime with its last octet moved: every prime ends in 0xFF.
  private func prime(minus difference: UInt8, _ group: DiffieHellmanGroup = .oakley2) -> [UInt8] {
    (group.prime ?? []).dropLast() + [0xFF - difference]
  }

  @Test("0, 1, p-1, p and more")
  func degenerate() {
    for group in DiffieHellmanGroup.modular {
      let zeros = [UInt8](repeating: 0, count: group.length - 1)
      let degenerate =
        "Oakley group \(group.number): the public value is 0, 1 or p-1, which leaves no secret (RFC 2631 §2.1.5)"
      let tooLarge = "Oakley group \(group.number): the public value is not below the prime (RFC 2631 §2.1.5)"
      #expect(refusal(zeros + [0], group) == degenerate)
      #expect(refusal(zeros + [1], group) == degenerate)
      #expect(refusal(prime(minus: 1, group), group) == degenerate)
      #expect(refusal(prime(minus: 0, group), group) == tooLarge)
      #expect(refusal(zeros + [0] + [0], group).contains("expected \(group.length) octets"))
      #expect(refusal([UInt8](repeating: 0xFF, count: group.length), group) == tooLarge)
      #expect(refusal(zeros + [2], group) == "nothing was refused")
      #expect(refusal(prime(minus: 2, group), group) == "nothing was refused")
    }
  }

  @Test("Other lengths than the prime's")
  func lengths() {
    #expect(
      refusal([UInt8](repeating: 5, count: 127))
        == "Oakley group 2: the public value has 127 octets; expected 128 octets (RFC 2409 §5)")
    #expect(refusal([]) == "Oakley group 2: the public value has 0 octets; expected 128 octets (RFC 2409 §5)")
  }

  @Test("An exponent of zero")
  func zeroExponent() {
    for exponent in [[], [0], [UInt8](repeating: 0, count: 40)] {
      #expect(throws: CryptographyError.privateExponent(group: 2)) {
        try DiffieHellmanGroup.oakley2.publicValue(exponent)
      }
    }
    #expect("\(CryptographyError.privateExponent(group: 2))" == "Oakley group 2: the private exponent is zero")
  }
}
