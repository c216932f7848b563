//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  |              Domain of Interpretation  (DOI)                  |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   8  |  Protocol-Id  |   SPI Size    |           # of SPIs           |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  12  ~               Security Parameter Index(es) (SPI)              ~
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2408 §3.15

/// Tells the peer that SAs are gone (RFC 2408 §3.15).
public struct DeletePayload: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case domainOfInterpretation = 96
    case protocolID, spiSize, spiCount, spi

    public static var layer: LayerKind { .isakmp }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .domainOfInterpretation: domainMeaning(value)
      case .protocolID: SecurityProtocol(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .domainOfInterpretation:
        FieldText(
          "domainOfInterpretation", "Domain of Interpretation", "RFC 2408 §3.15", "isakmp.delete.doi",
          "Whose numbers the rest of the payload uses; 0 for ISAKMP itself, 1 for IPsec.")
      case .protocolID:
        FieldText(
          "protocolID", "Protocol-Id", "RFC 2408 §3.15", "isakmp.delete.protoid",
          "The protocol of the SAs that are gone.")
      case .spiSize:
        FieldText(
          "spiSize", "SPI Size", "RFC 2408 §3.15", "isakmp.spisize",
          "Octets of each SPI: 16 (both cookies) for ISAKMP, 4 for AH and ESP.")
      case .spiCount:
        FieldText("spiCount", "# of SPIs", "RFC 2408 §3.15", "isakmp.spinum", "How many SPIs follow.")
      case .spi:
        FieldText(
          "spi", "SPI", "RFC 2408 §3.15", "isakmp.delete.spi",
          "An SA that the sender no longer has: the SPI under which it received.")
      }
    }
  }

  public var domainOfInterpretation: UInt32
  public var protocolID: SecurityProtocol
  /// Octets of each SPI.
  public var spiSize: UInt8
  /// All of `spiSize` octets.
  public var spis: [[UInt8]]

  /// `spis` are all of the same length; the first decides the SPI size.
  public init(
    domainOfInterpretation: UInt32 = SecurityAssociationPayload.ipsecDomain, protocolID: SecurityProtocol,
    spis: [[UInt8]]
  ) {
    self.domainOfInterpretation = domainOfInterpretation
    self.protocolID = protocolID
    self.spiSize = octetCount(spis.first?.count ?? 0)
    self.spis = spis
  }

  /// Reads the body; the SPIs fill it exactly.
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    domainOfInterpretation = try cursor.uint32(frame, Field.domainOfInterpretation)
    protocolID = SecurityProtocol(rawValue: try cursor.uint8(frame, Field.protocolID))
    spiSize = try cursor.uint8(frame, Field.spiSize)
    let count = Int(try cursor.uint16(frame, Field.spiCount))
    guard spiSize > 0 || count == 0 else { throw Field.spiSize.invalid(spiSize, at: cursor.position - 3) }
    let length = count * Int(spiSize)
    guard length == cursor.remaining else {
      throw Field.spiCount.invalidLength(length, limit: cursor.remaining, at: cursor.position - 2)
    }
    spis = []
    spis.reserveCapacity(count)
    for _ in 0..<count { spis.append(try cursor.octets(Int(spiSize), frame, Field.spi)) }
  }

  /// Octets of the body.
  public var encodedLength: Int { spis.reduce(8) { $0 + $1.count } }

  /// Appends the body: everything behind the generic header.
  func write(to writer: inout ByteWriter) {
    guard let count = UInt16(exactly: spis.count) else {
      preconditionFailure("\(spis.count) SPIs in one delete payload")
    }
    writer.append(domainOfInterpretation)
    writer.append(protocolID.rawValue)
    writer.append(spiSize)
    writer.append(count)
    for spi in spis { writer.append(spi) }
  }
}

extension DeletePayload {
  /// The fields of a body that begins at `offset`.
  func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.domainOfInterpretation, 0, 4, domainOfInterpretation)
    list.number(.protocolID, 4, 1, protocolID.rawValue)
    list.number(.spiSize, 5, 1, spiSize)
    list.number(.spiCount, 6, 2, spis.count)
    for (index, spi) in spis.enumerated() { list.octets(.spi, 8 + index * Int(spiSize), spi) }
    return list.nodes.numbered()
  }
}
