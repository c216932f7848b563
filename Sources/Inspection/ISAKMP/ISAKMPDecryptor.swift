import Wire

/// Decrypts ISAKMP messages over a whole capture: what their clear messages say is kept by initiator cookie.
struct ISAKMPDecryptor: Sendable {
  private let keys: [Cookie: [ISAKMPKey]]
  private var sessions: [Cookie: ISAKMPSession] = [:]

  init(_ list: [ISAKMPKey]) { keys = Dictionary(grouping: list, by: \.initiatorCookie) }

  /// Learns from the clear message in `range` of `bytes`; without a key for it there is nothing to learn.
  mutating func observe(_ bytes: [UInt8], _ range: Range<Int>) {
    var cursor = Cursor(position: range.lowerBound, end: min(range.upperBound, bytes.count))
    guard !keys.isEmpty, let (header, chain) = unsafe try? ISAKMPMessage.read(bytes.span.bytes, at: &cursor),
      let own = keys[header.initiatorCookie]
    else { return }
    sessions[header.initiatorCookie, default: ISAKMPSession(keys: own)].observe(header, chain.payloads)
  }

  /// Decrypts the message in `range` of `bytes`, of which the octets from `body` on are encrypted.
  mutating func open(_ bytes: [UInt8], _ range: Range<Int>, body: Int) -> (Protection, [UInt8]?) {
    var cursor = Cursor(position: range.lowerBound, end: min(range.upperBound, bytes.count))
    guard let header = unsafe try? ISAKMPHeader(reading: bytes.span.bytes, at: &cursor) else {
      return (Protection(verdict: nil, reason: "not all of the message is here"), nil)
    }
    guard let own = keys[header.initiatorCookie] else {
      let reason = "no key for the initiator cookie \(header.initiatorCookie)"
      return (Protection(verdict: .noKey, reason: reason), nil)
    }
    let octets = Array(bytes[body..<max(body, range.lowerBound + Int(header.length))])
    var (protection, plaintext) = sessions[header.initiatorCookie, default: ISAKMPSession(keys: own)].open(
      header, octets)
    if let plaintext {
      let layer = ISAKMPDissection.layer(decryptedBody: plaintext, firstPayload: header.nextPayload)
      protection.openedFields = layer.fields
      if let fault = layer.fault { protection.reason += "; \(fault)" }
    }
    return (protection, plaintext)
  }
}
