import Testing

@testable import Wire

@Suite("Fields of ISAKMP messages")
struct ISAKMPFieldTests {
  static func find(_ name: String, in nodes: [FieldNode]) -> [FieldNode] {
    nodes.flatMap { ($0.displayFilterName == name ? [$0] : []) + find(name, in: $0.children) }
  }

  @Test("names, values and meanings of main mode message 1")
  func mainMode() throws {
    let octets = [9, 9] + ISAKMPSamples.mainMode1 + [7]
    let node = ISAKMPDissection.layer(of: octets, range: 2..<octets.count)
    #expect(node.fault == nil)
    #expect(
      node.fields.map(\.name) == [
        "initiatorCookie", "responderCookie", "nextPayload", "version", "exchangeType", "flags", "messageID", "length",
        "securityAssociation", "vendorID", "vendorID2", "vendorID3", "vendorID4", "vendorID5", "vendorID6", "trailing",
      ])
    let lifetime = try #require(Self.find("isakmp.ike.attr.life_duration", in: node.fields).first)
    #expect(lifetime.value == .unsigned(15840))
    #expect(lifetime.meaning == "15840 seconds")
    #expect(lifetime.range == 80..<82)
    #expect(Self.find("isakmp.ike.attr.encryption_algorithm", in: node.fields).map(\.meaning) == ["3DES-CBC"])
    #expect(
      Self.find("isakmp.vid_bytes", in: node.fields).map(\.meaning) == [
        "strongSwan", "XAUTH", "RFC 3706 DPD (Dead Peer Detection)", "Cisco IKE fragmentation",
        "RFC 3947 (NAT traversal)",
        "draft-ietf-ipsec-nat-t-ike-02 (with line feed)",
      ])
  }

  @Test("every field of every payload lies where its group is and says what it is")
  func everything() {
    let octets = ISAKMPSamples.everything.encoded
    let node = ISAKMPDissection.layer(of: octets, range: 0..<octets.count)
    #expect(node.fault == nil)
    func check(_ nodes: [FieldNode], _ bounds: Range<Int>) {
      #expect(Set(nodes.map(\.name)).count == nodes.count, "a name stands twice in \(nodes.map(\.name))")
      for node in nodes {
        #expect(
          bounds.lowerBound <= node.range.lowerBound && node.range.upperBound <= bounds.upperBound, "\(node.name)")
        #expect(!node.name.isEmpty && !node.citation.isEmpty && !node.explanation.isEmpty)
        check(node.children, node.range)
      }
    }
    check(node.fields, 0..<octets.count)
    // The groups' children cover them without a gap.
    for group in node.fields where group.value == .group {
      #expect(
        group.children.reduce(group.range.lowerBound) { $1.range.lowerBound == $0 ? $1.range.upperBound : -1 }
          == group.range.upperBound, "\(group.name)")
    }
  }

  @Test("all field enums of ISAKMP keep to numbers and names of their own")
  func fieldNumbers() {
    var seen: [UInt8] = []
    func add<F: HeaderField>(_ type: F.Type) {
      seen += F.allCases.map(\.rawValue)
      #expect(Set(F.allCases.map(\.name)).count == F.allCases.count, "\(type)")
      #expect(F.layer == .isakmp)
    }
    add(ISAKMPHeader.Field.self)
    add(GenericPayloadHeader.Field.self)
    add(SecurityAssociationPayload.Field.self)
    add(Proposal.Field.self)
    add(Transform.Field.self)
    add(DataAttribute.Field.self)
    add(IdentificationPayload.Field.self)
    add(CertificatePayload.Field.self)
    add(CertificateRequestPayload.Field.self)
    add(NotificationPayload.Field.self)
    add(DeletePayload.Field.self)
    add(ConfigurationPayload.Field.self)
    add(NATOriginalAddressPayload.Field.self)
    add(ISAKMPPayload.Field.self)
    add(ISAKMPDissection.Field.self)
    #expect(Set(seen).count == seen.count)
  }

  @Test("an encrypted message shows its header and one field")
  func encrypted() throws {
    var octets = ISAKMPSamples.mainMode1
    octets[19] = 1
    let node = ISAKMPDissection.layer(of: octets, range: 0..<octets.count)
    #expect(node.fault == nil)
    #expect(node.fields.last?.name == "encryptedData")
    #expect(node.fields.last?.range == 28..<196)
  }

  @Test("a decrypted body shows its payloads and its padding")
  func decrypted() {
    let body = ISAKMPMessage.encoded([.hash([1]), .delete(DeletePayload(protocolID: .esp, spis: [[1, 2, 3, 4]]))])
    let node = ISAKMPDissection.layer(decryptedBody: body + [0, 0, 2], firstPayload: .hash)
    #expect(node.fields.map(\.name) == ["hash", "delete", "padding"])
    #expect(node.fault == nil)
  }

  @Test("a payload that cannot be read ends the tree with a fault at its place")
  func broken() {
    let octets = ISAKMPMalformedTests.changed([83: 200])
    let node = ISAKMPDissection.layer(of: octets, range: 0..<octets.count)
    #expect(node.fault?.offset == 82)
    #expect(node.fields.suffix(2).map(\.name) == ["securityAssociation", "undecoded"])
    let short = ISAKMPDissection.layer(of: Array(octets.prefix(100)), range: 0..<100)
    #expect(short.fault?.field == ISAKMPHeader.Field.length.id)
    #expect(short.fields.count == 9)
    let stub = ISAKMPDissection.layer(of: [1, 2, 3], range: 0..<3)
    #expect(stub.fault?.fault == .truncated(needed: 8, available: 3))
  }

  @Test("a reserved octet that is not zero is flagged")
  func reserved() {
    let node = ISAKMPDissection.layer(of: ISAKMPMalformedTests.changed([29: 1]), range: 0..<196)
    #expect(
      Self.find("isakmp.reserved", in: node.fields).first?.meaning
        == "not zero: a strict receiver discards the message (RFC 2408 §5.3)")
  }

  @Test("numbers have names, and numbers without one say which range they lie in")
  func codePoints() {
    #expect(ExchangeType.quickMode.name == "Quick Mode")
    #expect(ExchangeType(rawValue: 250).name == nil)
    #expect(ExchangeType(rawValue: 250).meaning == "private use")
    #expect(NotifyType.noProposalChosen.meaning == "NO-PROPOSAL-CHOSEN")
    #expect(NotifyType(rawValue: 9_000).meaning == "error, private use")
    #expect(NotifyType.noProposalChosen.isError && !NotifyType.initialContact.isError)
    #expect(OakleyGroup.modp2048.meaning == "2048-bit MODP group")
    #expect(VendorID.name(of: Array("OEhyLdACecfa".utf8)) == "FreeS/WAN, Openswan or Libreswan (OEhyLdACecfa)")
    #expect(VendorID.name(of: [1, 2, 3]) == nil)
  }
}
