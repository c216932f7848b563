/// A message in the clear: header and payloads (RFC 2408 §3).
public struct ISAKMPMessage: Hashable, Sendable {
  /// Its next payload and length are made anew by `write`.
  public var header: ISAKMPHeader
  public var payloads: [ISAKMPPayload]

  public init(header: ISAKMPHeader, payloads: [ISAKMPPayload]) {
    self.header = header
    self.payloads = payloads
  }

  /// Reads a clear message and leaves the cursor behind what its length covers.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    let (header, chain) = try Self.read(frame, at: &cursor)
    self.init(header: header, payloads: chain.payloads)
  }

  /// Reads a clear message with the place of each payload, and leaves the cursor behind what its length covers: octets
  /// of the datagram behind it belong to nobody. A message with the encryption bit is refused at its flags, one whose
  /// payloads end before its length says so at its length.
  public static func read(
    _ frame: borrowing RawSpan, at cursor: inout Cursor
  ) throws(DecodeError) -> (header: ISAKMPHeader, chain: PayloadChain) {
    let start = cursor.position
    let header = try ISAKMPHeader(reading: frame, at: &cursor)
    guard !header.flags.contains(.encryption) else {
      throw ISAKMPHeader.Field.flags.invalid(header.flags.rawValue, at: start + 19)
    }
    var inner = Cursor(position: cursor.position, end: start + Int(header.length))
    let chain = try PayloadChain(first: header.nextPayload, reading: frame, at: &inner)
    guard inner.remaining == 0 else {
      throw ISAKMPHeader.Field.length.invalidLength(
        Int(header.length), limit: inner.position - start, at: start + 24)
    }
    cursor.position = inner.end
    return (header, chain)
  }

  /// Reads a chain of payloads, also of a body that was decrypted: what lies behind the last payload is left to the
  /// caller, since encryption pads (RFC 2409 Appendix B).
  public static func readPayloads(
    first: PayloadType, _ frame: borrowing RawSpan, at cursor: inout Cursor
  ) throws(DecodeError) -> PayloadChain {
    try PayloadChain(first: first, reading: frame, at: &cursor)
  }

  /// Octets of the whole message.
  public var encodedLength: Int { payloads.reduce(ISAKMPHeader.encodedLength) { $0 + $1.encodedLength } }

  /// Appends the message; next payload fields and lengths are made from what follows.
  public func write(to writer: inout ByteWriter) {
    let start = writer.count
    var header = header
    header.nextPayload = payloads.first?.type ?? .none
    header.write(to: &writer)
    Self.write(payloads, to: &writer)
    writer.patch(UInt32(truncatingIfNeeded: writer.count - start), at: start + 24)
  }

  /// Appends a chain of payloads, each announcing the next: the body of a message before it is encrypted.
  public static func write(_ payloads: [ISAKMPPayload], to writer: inout ByteWriter) {
    for (index, payload) in payloads.enumerated() {
      payload.write(next: index + 1 < payloads.count ? payloads[index + 1].type : .none, to: &writer)
    }
  }

  /// The octets of the whole message.
  public var encoded: [UInt8] {
    var writer = ByteWriter(capacity: encodedLength)
    write(to: &writer)
    return writer.bytes
  }

  /// The octets of a chain of payloads: what HASH(1) covers behind the HASH payload, or a body before it is encrypted.
  public static func encoded(_ payloads: [ISAKMPPayload]) -> [UInt8] {
    var writer = ByteWriter()
    write(payloads, to: &writer)
    return writer.bytes
  }
}

extension ISAKMPMessage {
  /// Reads a clear message from the front of `octets`.
  public init(decoding octets: [UInt8]) throws(DecodeError) {
    var cursor = Cursor(end: octets.count)
    unsafe try self.init(reading: octets.span.bytes, at: &cursor)
  }
}

extension PayloadChain {
  /// Reads a chain of payloads from the front of `octets`: a body that was decrypted.
  public init(first: PayloadType, decoding octets: [UInt8]) throws(DecodeError) {
    var cursor = Cursor(end: octets.count)
    unsafe try self.init(first: first, reading: octets.span.bytes, at: &cursor)
  }
}
