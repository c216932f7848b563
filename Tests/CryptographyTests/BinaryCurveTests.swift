import Testing

@testable import Cryptography

@Suite("Oakley groups over binary fields")
struct BinaryCurveTests {
  private static let groups: [DiffieHellmanGroup] = [.oakley3, .oakley4]

  private func refusal(_ value: [UInt8], _ group: DiffieHellmanGroup) -> String {
    do { _ = try group.sharedSecret([3], peerPublicValue: value) } catch { return "\(error)" }
    return "nothing was refused"
  }

  @Test("The generators' x coordinates and the doubled generators'; with 24 octets where the field has 185 bits")
  func generators() throws {
    #expect(try hex(DiffieHellmanGroup.oakley3.publicValue([1])) == "000000000000000000000000000000000000007b")
    #expect(try hex(DiffieHellmanGroup.oakley3.publicValue([2])) == "03d5af92c8311d9e8f56be4b3e690aec7cd200f2")
    #expect(try hex(DiffieHellmanGroup.oakley4.publicValue([1])) == "000000000000000000000000000000000000000000000018")
    #expect(try hex(DiffieHellmanGroup.oakley4.publicValue([2])) == "01bd555555555555555555555555554e8000000000000158")
  }

  @Test("Two ends with exponents from their streams get one secret, each time the same", arguments: groups)
  func exchange(_ group: DiffieHellmanGroup) throws {
    var alice = SeededGenerator(seed: 16, node: "alice", purpose: "dh")
    var venus = SeededGenerator(seed: 16, node: "venus", purpose: "dh")
    for _ in 0..<20 {
      let (a, b) = (
        DiffieHellmanGroup.makePrivateExponent(using: &alice), DiffieHellmanGroup.makePrivateExponent(using: &venus)
      )
      let (ga, gb) = (try group.publicValue(a), try group.publicValue(b))
      let secret = try group.sharedSecret(a, peerPublicValue: gb)
      #expect(try group.sharedSecret(b, peerPublicValue: ga) == secret)
      #expect(try group.sharedSecret(a, peerPublicValue: gb) == secret)
      #expect(secret != ga && secret != gb && secret.count == group.length)
      #expect(throws: Never.self) { try group.validate(ga) }
    }
  }

  @Test("An exponent past the order is its rest; the order itself leaves no secret", arguments: groups)
  func order(_ group: DiffieHellmanGroup) throws {
    // Four times and twice a prime: RFC 2409's group orders without their cofactors.
    let order = hex(
      group.number == 3
        ? "02aaaaaaaaaaaaaaaaaac7f3c7881bd0868fa86c" : "00ffffffffffffffffffffffedf97c44db9f2420bafca75e")
    let next = order.dropLast() + [order[order.count - 1] + 1]
    #expect(try group.publicValue(Array(next)) == group.publicValue([1]))
    #expect(throws: CryptographyError.privateExponent(group: group.number)) { try group.publicValue(order) }
    #expect(throws: CryptographyError.privateExponent(group: group.number)) { try group.publicValue([0]) }
    #expect(throws: CryptographyError.privateExponent(group: group.number)) {
      try group.sharedSecret(order, peerPublicValue: group.publicValue([5]))
    }
  }

  @Test("Points whose order divides 12, computed in Python from the curves' equations")
  func smallOrders() {
    let third = [
      "0000000000000000000000000000000000000000", "07c7b6c361b7090c4c7bd181479cbaf4af774a30",
      "00311000000223a000c4474000088e8000111d1d", "0213a6d476f38fb37136eae8fe2e979dc47874c5",
      "07986a0f14df1c213c29970c8b58858dfb2f82a4", "033523931569a1c79dbb922243071fe5538cb78f",
    ]
    let fourth = [
      "000000000000000000000000000000000000000000000000", "000000000000300000018000c00c000000638030001c0009",
    ]
    let text = "the public value belongs to a point whose order divides 12, which leaves no secret"
    for value in third { #expect(refusal(hex(value), .oakley3) == "Oakley group 3: \(text)", "\(value)") }
    for value in fourth { #expect(refusal(hex(value), .oakley4) == "Oakley group 4: \(text)", "\(value)") }
  }

  @Test("What is no point's x coordinate, no element of the field, or of another length")
  func notOnCurve() {
    let zeros = [UInt8](repeating: 0, count: 19)
    #expect(
      refusal(zeros + [2], .oakley3)
        == "Oakley group 3: the public value is not the x coordinate of a point of the curve (RFC 2409 §6)")
    #expect(refusal(zeros + [3], .oakley3) == "nothing was refused")
    #expect(
      refusal(zeros + [0, 0, 0, 0, 6], .oakley4)
        == "Oakley group 4: the public value is not the x coordinate of a point of the curve (RFC 2409 §6)")
    #expect(refusal(zeros + [0, 0, 0, 0, 5], .oakley4) == "nothing was refused")
    #expect(
      refusal([8] + zeros, .oakley3)
        == "Oakley group 3: the public value has more than the 155 bits of the field (RFC 2409 §6)")
    #expect(
      refusal([2] + zeros + [0, 0, 0, 1], .oakley4)
        == "Oakley group 4: the public value has more than the 185 bits of the field (RFC 2409 §6)")
    #expect(
      refusal(zeros, .oakley3)
        == "Oakley group 3: the public value has 19 octets; expected 20 octets (RFC 2409 §5)")
    #expect(refusal([], .oakley4).hasSuffix("has 0 octets; expected 24 octets (RFC 2409 §5)"))
  }

  @Test("Many tasks at once get one answer")
  func concurrent() async throws {
    let expected = try DiffieHellmanGroup.oakley4.publicValue([1, 2, 3])
    await withTaskGroup(of: Bool.self) { tasks in
      for _ in 0..<16 {
        tasks.addTask { (try? DiffieHellmanGroup.oakley4.publicValue([1, 2, 3])) == expected }
      }
      for await same in tasks { #expect(same) }
    }
  }
}
