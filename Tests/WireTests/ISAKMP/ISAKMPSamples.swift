import Wire

/// Messages to test with: captured ones with their provenance, and one that has every payload.
enum ISAKMPSamples {
  /// Main mode message 1 by strongSwan 5.9.8: frame 1 of captures/psk-main-3des-sha1-modp1024-pfs2, its UDP payload as
  /// `tshark -T fields -e udp.payload` prints it.
  static let mainMode1 = octets(
    "621c0f4a561d754500000000000000000110020000000000000000c40d000034000000010000000100000028010100010000002001010000"
      + "80010005800200028004000280030001800b0001800c3de00d000014882fe56d6fd20dbc2251613b2ebe5beb0d00000c09002689dfd6b7"
      + "120d000014afcad71368a1f1c96b8696fc775701000d0000184048b7d56ebce88525e7de7f00d6c2d3800000000d0000144a131c810703"
      + "58455c5728f20e95452f0000001490cb80913ebb696e086381b5ec427b1f")

  /// A message with a payload of every kind, two proposals, and attributes in both forms.
  static let everything = ISAKMPMessage(
    header: ISAKMPHeader(
      initiatorCookie: Cookie(rawValue: 0x0102_0304_0506_0708),
      responderCookie: Cookie(rawValue: 0x1112_1314_1516_1718),
      exchangeType: .quickMode, flags: [.commit], messageID: 0xCAFE_F00D),
    payloads: [
      .hash(Array(repeating: 0xAB, count: 20)), .securityAssociation(securityAssociation),
      .keyExchange(Array(repeating: 7, count: 128)), .nonce(Array(1...16)),
      .identification(IdentificationPayload(.ipv4Address(IPv4Address(192, 0, 2, 1)))),
      .identification(
        IdentificationPayload(
          .ipv4Subnet(IPv4Address(10, 1, 0, 0), mask: IPv4Address(255, 255, 0, 0)), protocolID: 17, port: 500)),
      .certificate(CertificatePayload(encoding: .x509Signature, data: [0x30, 0x03, 2, 1, 5])),
      .certificateRequest(CertificateRequestPayload(type: .x509Signature, authority: [0x30, 0])),
      .signature(Array(repeating: 0x5A, count: 64)),
      .notification(
        NotificationPayload(
          protocolID: .isakmp, spi: Array(0...15), type: .areYouThere, data: [0, 0, 0, 9])),
      .delete(DeletePayload(protocolID: .esp, spis: [[1, 2, 3, 4], [5, 6, 7, 8]])),
      .vendorID(VendorID.deadPeerDetection),
      .configuration(
        ConfigurationPayload(
          type: .reply, identifier: 77,
          attributes: [
            DataAttribute(type: 1, value: .variable([10, 3, 0, 1])),
            DataAttribute(type: 16521, value: .variable([0x61])),
            .basic(16520, 0), DataAttribute(type: 3, value: .variable([])),
          ])),
      .natDiscovery(Array(repeating: 3, count: 20)),
      .natOriginalAddress(NATOriginalAddressPayload(address: .v4(IPv4Address(10, 0, 0, 1)))),
      .natOriginalAddressDraft(NATOriginalAddressPayload(address: .v6(IPv6Address(high: 1, low: 2)))),
      .natDiscoveryDraft(Array(repeating: 4, count: 16)), .other(PayloadType(rawValue: 200), [9, 9, 9]),
      .other(PayloadType(rawValue: 132), []),
    ])

  static let securityAssociation = SecurityAssociationPayload(proposals: [
    Proposal(
      number: 1, protocolID: .esp, spi: [0x10, 0, 0xAB, 0xCD],
      transforms: [
        Transform(
          number: 1, identifier: ESPTransformID.tripleDES.rawValue,
          attributes: [.basic(1, 1), .unsigned(2, 3_600), .basic(4, 1), .basic(5, 2)]),
        Transform(
          number: 2, identifier: ESPTransformID.aesCBC.rawValue,
          attributes: [.basic(1, 2), .unsigned(2, 100_000), .basic(6, 256)]),
      ]),
    Proposal(
      number: 1, protocolID: .ah, spi: [0x10, 0, 0xAB, 0xCE],
      transforms: [Transform(number: 1, identifier: AHTransformID.sha1.rawValue, attributes: [.basic(5, 2)])]),
  ])

  /// Octets from hexadecimal digits.
  static func octets(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
