/// What every header can do: the one codec that nodes and views share.
public protocol WireHeader: Hashable, Sendable {
  /// The layer that the header makes.
  static var layer: LayerKind { get }
  /// Reads the header at the cursor and leaves the cursor behind it.
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError)
  /// Octets that `write(to:)` appends.
  var encodedLength: Int { get }
  /// Appends the header exactly as its fields say, wrong checksums and lengths included.
  func write(to writer: inout ByteWriter)
  /// The fields in the order of their octets, for a header that begins at `offset`.
  func fields(at offset: Int) -> [FieldNode]
}

extension WireHeader {
  /// Reads a header from the front of `octets`.
  public init(decoding octets: [UInt8]) throws(DecodeError) {
    var cursor = Cursor(end: octets.count)
    unsafe try self.init(reading: octets.span.bytes, at: &cursor)
  }

  /// The header's octets.
  public var encoded: [UInt8] {
    var writer = ByteWriter(capacity: encodedLength)
    write(to: &writer)
    return writer.bytes
  }
}
