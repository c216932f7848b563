/// What reading an ISAKMP message gives to the dissector.
struct ISAKMPLayer {
  /// The message's layer: header and, where they are in clear, payloads.
  var layer: LayerNode
  /// Where the encrypted part begins, for a message that has one.
  var encryptedBody: Int?
}

extension Dissector {
  /// Reads the ISAKMP message that the cursor holds, to the cursor's end. What is wrong with it, its layer says.
  static func isakmp(
    _ frame: borrowing RawSpan, _ bytes: [UInt8], at cursor: inout Cursor, _ detail: DissectionDetail
  ) -> ISAKMPLayer {
    let start = cursor.position
    let layer = ISAKMPDissection.layer(of: frame, bytes, range: start..<cursor.end, detail)
    defer { cursor.position = cursor.end }
    guard layer.fault == nil, let header = try? ISAKMPHeader(reading: frame, at: &cursor),
      header.flags.contains(.encryption), Int(header.length) > ISAKMPHeader.encodedLength
    else { return ISAKMPLayer(layer: layer) }
    return ISAKMPLayer(layer: layer, encryptedBody: start + ISAKMPHeader.encodedLength)
  }
}
