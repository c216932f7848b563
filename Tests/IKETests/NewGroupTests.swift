import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// New group mode: RFC 2409 §5.6.
@Suite struct NewGroupTests {
  /// A proposal of a group of its own, sealed by side 0.
  private static func proposal(_ pair: Pair, messageID: UInt32, isHashRight: Bool = true) throws -> [UInt8] {
    let association = try #require(pair.engines[0].associations.values.first)
    let keys = association.keys
    var desk = Desk(randomness: IKERandomness(seed: 1, node: "fw-a"))
    let attributes: [DataAttribute] = [
      .basic(IKEAttributeType.groupDescription.rawValue, 32_769),
      .basic(IKEAttributeType.groupType.rawValue, OakleyGroupType.modp.rawValue),
      DataAttribute(
        type: IKEAttributeType.groupPrime.rawValue, value: .variable(DiffieHellmanGroup.oakley1.prime ?? [])),
      .basic(IKEAttributeType.groupGeneratorOne.rawValue, 2),
    ]
    let payload = ISAKMPPayload.securityAssociation(
      SecurityAssociationPayload(proposals: [
        Proposal(
          number: 1, protocolID: .isakmp,
          transforms: [Transform(number: 1, identifier: ISAKMPTransformID.keyIKE.rawValue, attributes: attributes)])
      ]))
    let vector = keys.initializationVector(
      lastPhase1Block: association.lastBlock, messageID: messageID, desk: &desk, IKEExchangeID(1))
    var hash = keys.firstHash(
      messageID: messageID, rest: ISAKMPMessage.encoded([payload]), formula: "", desk: &desk, IKEExchangeID(1))
    if !isHashRight { hash[0] ^= 1 }
    return try OutgoingMessage.encrypted(
      .of(.newGroupMode, 1), keys.header(.newGroupMode, messageID: messageID), [.hash(hash), payload],
      keys.protection, initializationVector: vector
    ).message.bytes
  }

  private static func connected() -> Pair {
    var pair = Pair(HostileTests.setup(), seed: 1)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(1))
    return pair
  }

  @Test func aGroupOfThePeersOwnIsRefusedByName() throws {
    var pair = Self.connected()
    let bytes = try Self.proposal(pair, messageID: 77)
    pair.deliver(bytes, to: 1)
    #expect(
      pair.refusals(1).map(\.description) == [
        "the responder refuses: a group of the peer's own is not taken: Group Description: 32769 offered, one of the Oakley groups wanted (RFC 2409 §5.6)"
      ])
    #expect(pair.sent.last?.summary == "HDR*, HASH(1), N")
    pair.run(until: .zero + .seconds(2))
    #expect(pair.notes(0).contains(.noted("the peer says ATTRIBUTES-NOT-SUPPORTED")))
    // What was negotiated goes on; the message once more is a duplicate.
    #expect(pair.isConnected && pair.engines[1].establishedAssociations == 1)
    pair.deliver(bytes, to: 1)
    #expect(pair.drops(1) == [.duplicate])
  }

  @Test func whatDoesNotProveTheKeyIsNotAnswered() throws {
    var pair = Self.connected()
    let before = pair.sent.count
    pair.deliver(try Self.proposal(pair, messageID: 78, isHashRight: false), to: 1)
    #expect(pair.drops(1) == [.badHash])
    #expect(pair.sent.count == before)
    // The message ID was not used up by that.
    pair.deliver(try Self.proposal(pair, messageID: 78), to: 1)
    #expect(pair.sent.count == before + 1)
  }
}
