//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  | Cert Encoding |                                               |
//      +-+-+-+-+-+-+-+-+                                               +
//      ~        Certificate Data, or the authority that is wanted      ~
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2408 §3.9 and §3.10

/// A certificate or a revocation list (RFC 2408 §3.9).
public struct CertificatePayload: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case encoding = 80
    case data

    public static var layer: LayerKind { .isakmp }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .encoding: CertificateEncoding(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .encoding:
        FieldText(
          "encoding", "Certificate Encoding", "RFC 2408 §3.9", "isakmp.cert.encoding",
          "What kind of certificate the data are.")
      case .data:
        FieldText(
          "data", "Certificate Data", "RFC 2408 §3.9", "isakmp.cert.data", "The certificate in that encoding.")
      }
    }
  }

  public var encoding: CertificateEncoding
  public var data: [UInt8]

  public init(encoding: CertificateEncoding, data: [UInt8]) {
    self.encoding = encoding
    self.data = data
  }

  /// Reads the body up to the cursor's end.
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    encoding = CertificateEncoding(rawValue: try cursor.uint8(frame, Field.encoding))
    data = cursor.rest(frame)
  }

  /// Octets of the body.
  public var encodedLength: Int { 1 + data.count }

  /// Appends the body: everything behind the generic header.
  func write(to writer: inout ByteWriter) {
    writer.append(encoding.rawValue)
    writer.append(data)
  }
}

/// Asks for a certificate that an authority has signed (RFC 2408 §3.10).
public struct CertificateRequestPayload: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case type = 84
    case authority

    public static var layer: LayerKind { .isakmp }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .type: CertificateEncoding(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .type:
        FieldText(
          "type", "Certificate Type", "RFC 2408 §3.10", "isakmp.certreq.type", "The encoding that is asked for.")
      case .authority:
        FieldText(
          "authority", "Certificate Authority", "RFC 2408 §3.10", "isakmp.ike.certreq.authority",
          "The authority that must have signed it, for X.509 as the DER of its name; empty for any.")
      }
    }
  }

  public var type: CertificateEncoding
  /// Empty for any authority.
  public var authority: [UInt8]

  public init(type: CertificateEncoding, authority: [UInt8] = []) {
    self.type = type
    self.authority = authority
  }

  /// Reads the body up to the cursor's end.
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    type = CertificateEncoding(rawValue: try cursor.uint8(frame, Field.type))
    authority = cursor.rest(frame)
  }

  /// Octets of the body.
  public var encodedLength: Int { 1 + authority.count }

  /// Appends the body: everything behind the generic header.
  func write(to writer: inout ByteWriter) {
    writer.append(type.rawValue)
    writer.append(authority)
  }
}

extension CertificatePayload {
  /// The fields of a body that begins at `offset`.
  func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.encoding, 0, 1, encoding.rawValue)
    list.octets(.data, 1, data)
    return list.nodes
  }
}

extension CertificateRequestPayload {
  /// The fields of a body that begins at `offset`.
  func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.type, 0, 1, type.rawValue)
    list.octets(.authority, 1, authority)
    return list.nodes
  }
}
