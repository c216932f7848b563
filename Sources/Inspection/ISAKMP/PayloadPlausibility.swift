import Wire

/// Whether decrypted octets look like a chain of payloads. Nothing but their own form can tell whether key and vector were
/// right: a wrong vector spoils the first block, which holds the first payload's header.
enum PayloadPlausibility {
  /// How many octets of padding there may be: implementations that pad more than a block write the count in one octet.
  private static let mostPadding = 255

  /// Follows the generic headers from a payload of type `first` to the last. RFC 2408 §3.2.
  static func isChain(_ body: [UInt8], first: PayloadType) -> Bool {
    var (type, position) = (first, 0)
    guard type != .none else { return false }
    while type != .none {
      guard isKnown(type), position + 4 <= body.count, body[position + 1] == 0 else { return false }
      let length = Int(body[position + 2]) << 8 | Int(body[position + 3])
      guard length >= 4, position + length <= body.count else { return false }
      type = PayloadType(rawValue: body[position])
      position += length
    }
    return body.count - position <= mostPadding
  }

  /// Numbers that RFC 2408 §3.1 assigns, those that came later, and those for private use; proposals and transforms stand
  /// inside of SA payloads only.
  private static func isKnown(_ type: PayloadType) -> Bool {
    if type == .proposal || type == .transform { return false }
    return (1...21).contains(type.rawValue) || type.rawValue >= 128
  }
}
