//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  |              Domain of Interpretation  (DOI)                  |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   8  |  Protocol-ID  |   SPI Size    |      Notify Message Type      |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  12  ~                Security Parameter Index (SPI)                 ~
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      ~                       Notification Data                       ~
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2408 §3.14

/// Tells the peer of an error or a state (RFC 2408 §3.14).
public struct NotificationPayload: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case domainOfInterpretation = 88
    case protocolID, spiSize, type, spi, data

    public static var layer: LayerKind { .isakmp }

    /// Of the data: 1 in R-U-THERE, 2 in R-U-THERE-ACK.
    public func text(variant: UInt8) -> FieldText {
      switch variant {
      case 0: text
      case 1: text.filter("isakmp.notify.data.dpd.are_you_there")
      default: text.filter("isakmp.notify.data.dpd.are_you_there_ack")
      }
    }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .domainOfInterpretation: domainMeaning(value)
      case .protocolID: SecurityProtocol(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      case .type: NotifyType(rawValue: UInt16(truncatingIfNeeded: value)).meaning
      case .data: variant == 0 ? "" : "sequence number (RFC 3706 §5.3)"
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .domainOfInterpretation:
        FieldText(
          "domainOfInterpretation", "Domain of Interpretation", "RFC 2408 §3.14", "isakmp.notify.doi",
          "Whose numbers the rest of the payload uses; 0 for ISAKMP itself, 1 for IPsec.")
      case .protocolID:
        FieldText(
          "protocolID", "Protocol-Id", "RFC 2408 §3.14", "isakmp.notify.protoid",
          "The protocol of the SA that the notification is about.")
      case .spiSize:
        FieldText("spiSize", "SPI Size", "RFC 2408 §3.14", "isakmp.spisize", "Octets of the SPI that follows.")
      case .type:
        FieldText(
          "type", "Notify Message Type", "RFC 2408 §3.14.1", "isakmp.notify.msgtype",
          "What is said: up to 16383 an error, above that a state.")
      case .spi:
        FieldText(
          "spi", "SPI", "RFC 2408 §3.14", "isakmp.spi",
          "The SA that the notification is about: for an ISAKMP SA both cookies, or nothing.")
      case .data:
        FieldText(
          "data", "Notification Data", "RFC 2408 §3.14", "isakmp.notify.data", "Details that the type defines.")
      }
    }
  }

  public var domainOfInterpretation: UInt32
  public var protocolID: SecurityProtocol
  public var spi: [UInt8]
  public var type: NotifyType
  public var data: [UInt8]

  public init(
    domainOfInterpretation: UInt32 = SecurityAssociationPayload.ipsecDomain, protocolID: SecurityProtocol,
    spi: [UInt8] = [], type: NotifyType, data: [UInt8] = []
  ) {
    self.domainOfInterpretation = domainOfInterpretation
    self.protocolID = protocolID
    self.spi = spi
    self.type = type
    self.data = data
  }

  /// Reads the body up to the cursor's end.
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    domainOfInterpretation = try cursor.uint32(frame, Field.domainOfInterpretation)
    protocolID = SecurityProtocol(rawValue: try cursor.uint8(frame, Field.protocolID))
    let spiSize = Int(try cursor.uint8(frame, Field.spiSize))
    type = NotifyType(rawValue: try cursor.uint16(frame, Field.type))
    guard spiSize <= cursor.remaining else {
      throw Field.spiSize.invalidLength(spiSize, limit: cursor.remaining, at: cursor.position - 3)
    }
    spi = try cursor.octets(spiSize, frame, Field.spi)
    data = cursor.rest(frame)
  }

  /// Octets of the body.
  public var encodedLength: Int { 8 + spi.count + data.count }

  /// Appends the body: everything behind the generic header.
  func write(to writer: inout ByteWriter) {
    writer.append(domainOfInterpretation)
    writer.append(protocolID.rawValue)
    writer.append(octetCount(spi.count))
    writer.append(type.rawValue)
    writer.append(spi)
    writer.append(data)
  }
}

extension NotificationPayload {
  /// The fields of a body that begins at `offset`.
  func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.domainOfInterpretation, 0, 4, domainOfInterpretation)
    list.number(.protocolID, 4, 1, protocolID.rawValue)
    list.number(.spiSize, 5, 1, spi.count)
    list.number(.type, 6, 2, type.rawValue)
    list.octets(.spi, 8, spi)
    return list.nodes + (data.isEmpty ? [] : [dataField(at: offset + 8 + spi.count)])
  }

  private func dataField(at offset: Int) -> FieldNode {
    let range = offset..<offset + data.count
    guard data.count == 4 else {
      return FieldNode(Field.data, range, .bytes(data), children: dataFields(at: offset))
    }
    let number = data.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    switch type {
    case .areYouThere, .areYouThereAcknowledgement:
      return FieldNode(
        Field.data.id, range, .unsigned, UInt64(number), variant: type == .areYouThere ? 1 : 2)
    case .replayStatus:
      return FieldNode(
        Field.data, range, .bytes(data), meaning: "replay detection \(number == 0 ? "disabled" : "enabled")")
    default: return FieldNode(Field.data, range, .bytes(data), children: dataFields(at: offset))
    }
  }

  /// RESPONDER-LIFETIME carries attributes (RFC 2407 §4.6.3.1).
  private func dataFields(at offset: Int) -> [FieldNode] {
    guard type == .responderLifetime, let attributes = lifetimeAttributes else { return [] }
    let space: AttributeSpace = protocolID == .isakmp ? .ikeLifetime : .ipsecLifetime
    return DataAttribute.fields(of: attributes, in: space, at: offset)
  }

  /// The attributes of a RESPONDER-LIFETIME notification (RFC 2407 §4.6.3.1): lifetime types and durations of phase 1
  /// or 2, by the protocol; `nil` where the data are no attributes.
  public var lifetimeAttributes: [DataAttribute]? { try? DataAttribute.all(in: data) }
}

/// The name of a domain of interpretation.
func domainMeaning(_ domain: UInt64) -> String {
  switch domain {
  case 0: "ISAKMP"
  case UInt64(SecurityAssociationPayload.ipsecDomain): "IPsec"
  case 2: "GDOI"
  default: "unknown"
  }
}
