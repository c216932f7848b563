/// What reading an ISAKMP message gives to the dissector.
struct ISAKMPLayer {
  /// The message's layer: header and, where they are in clear, payloads.
  var layer: LayerNode
  /// Where the encrypted part begins, for a message that has one.
  var encryptedBody: Int?
}

extension Dissector {
  /// Reads the ISAKMP message that the cursor holds, and leaves the cursor behind it. The one place where the ISAKMP
  /// room is plugged in; `nil` until it is, and the message is then shown as data.
  static func isakmp(_ frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) -> ISAKMPLayer? {
    nil
  }
}
