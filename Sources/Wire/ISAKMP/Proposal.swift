//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  |  Proposal #   |  Protocol-Id  |    SPI Size   |# of Transforms|
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   8  |                        SPI (variable)                         |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2408 §3.5

/// One protocol with the transforms that would do (RFC 2408 §3.5). Proposals of the same number are wanted together,
/// those of different numbers are alternatives (§4.2).
public struct Proposal: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case proposal = 48
    case number, protocolID, spiSize, transformCount, spi

    public static var layer: LayerKind { .isakmp }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .protocolID: SecurityProtocol(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      case .proposal: "#\(value >> 8), \(SecurityProtocol(rawValue: UInt8(truncatingIfNeeded: value)).meaning)"
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .proposal:
        FieldText(
          "proposal", "Proposal Payload", "RFC 2408 §3.5", "isakmp.typepayload",
          "One protocol that is proposed for the SA, with the transforms to choose from.")
      case .number:
        FieldText(
          "number", "Proposal #", "RFC 2408 §3.5", "isakmp.prop.number",
          "Proposals of one number are wanted together; different numbers are alternatives.")
      case .protocolID:
        FieldText(
          "protocolID", "Protocol-Id", "RFC 2408 §3.5", "isakmp.prop.protoid",
          "The security protocol that the SA is for.")
      case .spiSize:
        FieldText("spiSize", "SPI Size", "RFC 2408 §3.5", "isakmp.spisize", "Octets of the SPI that follows.")
      case .transformCount:
        FieldText(
          "transformCount", "# of Transforms", "RFC 2408 §3.5", "isakmp.prop.transforms",
          "How many transforms this proposal holds.")
      case .spi:
        FieldText(
          "spi", "SPI", "RFC 2408 §3.5", "isakmp.spi",
          "The SPI under which the sender of this payload wants to receive.")
      }
    }
  }

  public var number: UInt8
  public var protocolID: SecurityProtocol
  /// Four octets for AH and ESP, two for IPComp; empty in phase 1 (RFC 2408 §3.5 lets a receiver ignore one there).
  public var spi: [UInt8]
  public var transforms: [Transform]
  /// RESERVED of the generic header; zero in what we send.
  public var reserved: UInt8

  public init(
    number: UInt8, protocolID: SecurityProtocol, spi: [UInt8] = [], transforms: [Transform], reserved: UInt8 = 0
  ) {
    self.number = number
    self.protocolID = protocolID
    self.spi = spi
    self.transforms = transforms
    self.reserved = reserved
  }

  /// Octets up to the SPI.
  static let fixedLength = 8

  /// Reads one proposal and leaves the cursor behind it; it is the SA payload's last exactly where the payload ends,
  /// and its next payload has to agree (RFC 2408 §3.5: 2, or 0 in the last).
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    let header = try GenericPayloadHeader(reading: frame, at: &cursor)
    guard header.next == (header.end == cursor.end ? .none : .proposal) else {
      throw GenericPayloadHeader.Field.nextPayload.invalid(header.next.rawValue, at: header.start)
    }
    var inner = Cursor(position: cursor.position, end: header.end)
    reserved = header.reserved
    number = try inner.uint8(frame, Field.number)
    protocolID = SecurityProtocol(rawValue: try inner.uint8(frame, Field.protocolID))
    let spiSize = Int(try inner.uint8(frame, Field.spiSize))
    let count = try inner.uint8(frame, Field.transformCount)
    guard spiSize <= inner.remaining else {
      throw Field.spiSize.invalidLength(spiSize, limit: inner.remaining, at: inner.position - 2)
    }
    spi = try inner.octets(spiSize, frame, Field.spi)
    transforms = try Self.readTransforms(count, countedAt: header.start + 7, frame, at: &inner)
    guard inner.remaining == 0 else { throw header.lengthMismatch(consumed: inner.position - header.start) }
    cursor.position = header.end
  }

  private static func readTransforms(
    _ count: UInt8, countedAt countOffset: Int, _ frame: borrowing RawSpan, at cursor: inout Cursor
  ) throws(DecodeError) -> [Transform] {
    // At least eight octets each: a count that cannot fit is refused before anything is read for it.
    guard Int(count) * Transform.fixedLength <= cursor.remaining else {
      throw Field.transformCount.invalidLength(
        Int(count) * Transform.fixedLength, limit: cursor.remaining, at: countOffset)
    }
    var transforms: [Transform] = []
    transforms.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      transforms.append(try Transform(reading: frame, at: &cursor, isLast: index + 1 == Int(count)))
    }
    return transforms
  }

  /// Octets of the proposal with its generic header and its transforms.
  public var encodedLength: Int { transforms.reduce(Self.fixedLength + spi.count) { $0 + $1.encodedLength } }

  /// Appends the proposal with its generic header and its transforms.
  func write(to writer: inout ByteWriter, isLast: Bool) {
    GenericPayloadHeader.write(next: isLast ? .none : .proposal, reserved: reserved, to: &writer) { writer in
      writer.append(number)
      writer.append(protocolID.rawValue)
      writer.append(octetCount(spi.count))
      writer.append(octetCount(transforms.count))
      writer.append(spi)
      for (index, transform) in transforms.enumerated() {
        transform.write(to: &writer, isLast: index + 1 == transforms.count)
      }
    }
  }
}

extension Proposal {
  /// The proposal as a group of fields, with its transforms inside.
  func field(at offset: Int, isLast: Bool) -> FieldNode {
    var list = FieldList<Field>(at: offset)
    list.number(.number, 4, 1, number)
    list.number(.protocolID, 5, 1, protocolID.rawValue)
    list.number(.spiSize, 6, 1, spi.count)
    list.number(.transformCount, 7, 1, transforms.count)
    list.octets(.spi, 8, spi)
    var children =
      GenericPayloadHeader.fields(
        at: offset, next: isLast ? .none : .proposal, reserved: reserved, length: encodedLength,
        capacity: 8 + transforms.count) + list.nodes
    var position = offset + Self.fixedLength + spi.count
    for (index, transform) in transforms.enumerated() {
      children.append(
        transform.field(at: position, protocolID: protocolID, isLast: index + 1 == transforms.count))
      position += transform.encodedLength
    }
    return FieldNode(
      Field.proposal.id, offset..<offset + encodedLength, .group,
      UInt64(number) << 8 | UInt64(protocolID.rawValue), attachment: .children(children.numbered()))
  }
}
