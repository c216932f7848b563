/// What reading an ISAKMP message gives to the dissector.
struct ISAKMPLayer {
  /// The message's layer: header and, where they are in clear, payloads.
  var layer: LayerNode
  /// Where the encrypted part begins, for a message that has one.
  var encryptedBody: Int?
}

extension Dissector {
  /// Reads the ISAKMP message that the cursor holds, to the cursor's end. What is wrong with it, its layer says.
  static func isakmp(_ frame: borrowing RawSpan, at cursor: inout Cursor) -> ISAKMPLayer {
    let layer = ISAKMPDissection.layer(of: frame, range: cursor.position..<cursor.end)
    cursor.position = cursor.end
    let encrypted = layer.fields.first { $0.field == ISAKMPDissection.Field.encryptedData.id }
    return ISAKMPLayer(layer: layer, encryptedBody: encrypted?.range.lowerBound)
  }
}
