/// An option of a TCP header. RFC 793 §3.1, RFC 1323, RFC 2018.
public enum TCPOption: Hashable, Sendable {
  case endOfList
  case noOperation
  /// The largest segment that the sender takes.
  case maximumSegmentSize(UInt16)
  /// By how many bits the windows of this sender are to be shifted. RFC 1323 §2.2.
  case windowScale(UInt8)
  /// The sender understands selective acknowledgments. RFC 2018 §2.
  case selectiveAcknowledgmentPermitted
  /// The sender's clock, and the last of the receiver's that it saw. RFC 1323 §3.2.
  case timestamps(value: UInt32, echoReply: UInt32)
  /// Any other, or one whose length makes no sense.
  case other(kind: UInt8, data: [UInt8])

  /// The options as they stand in a header, padded to four octets with End of Option List; whole options that would
  /// pass the 40 octets that a header has room for are left out.
  public static func encode(_ options: [TCPOption]) -> [UInt8] {
    var writer = ByteWriter(capacity: 40)
    for option in options where writer.count + option.encodedLength <= 40 { option.write(to: &writer) }
    writer.append(repeating: 0, count: -writer.count & 3)
    return writer.bytes
  }

  /// The number that begins the option.
  public var kind: UInt8 {
    switch self {
    case .endOfList: 0
    case .noOperation: 1
    case .maximumSegmentSize: 2
    case .windowScale: 3
    case .selectiveAcknowledgmentPermitted: 4
    case .timestamps: 8
    case .other(let kind, _): kind
    }
  }

  var encodedLength: Int {
    switch self {
    case .endOfList, .noOperation: 1
    case .maximumSegmentSize: 4
    case .windowScale: 3
    case .selectiveAcknowledgmentPermitted: 2
    case .timestamps: 10
    case .other(_, let data): 2 + data.count
    }
  }

  func write(to writer: inout ByteWriter) {
    writer.append(kind)
    if kind > 1 { writer.append(UInt8(truncatingIfNeeded: encodedLength)) }
    switch self {
    case .endOfList, .noOperation, .selectiveAcknowledgmentPermitted: break
    case .maximumSegmentSize(let size): writer.append(size)
    case .windowScale(let shift): writer.append(shift)
    case .timestamps(let value, let echoReply):
      writer.append(value)
      writer.append(echoReply)
    case .other(_, let data): writer.append(data)
    }
  }

  /// The options in `octets` with their places, up to and including End of Option List. One whose length is below 2 or
  /// passes the end is the last, and holds all that is left.
  static func parse(_ octets: [UInt8]) -> [(option: TCPOption, range: Range<Int>)] {
    var options: [(option: TCPOption, range: Range<Int>)] = []
    var position = 0
    while position < octets.count {
      let kind = octets[position]
      let stated = kind < 2 ? 1 : position + 1 < octets.count ? Int(octets[position + 1]) : 0
      let isSound = kind < 2 || stated >= 2 && position + stated <= octets.count
      let end = isSound ? position + stated : octets.count
      let data = kind < 2 ? [] : Array(octets[min(position + 2, end)..<end])
      options.append((isSound ? make(kind, data) : .other(kind: kind, data: data), position..<end))
      if kind == 0 || !isSound { break }
      position = end
    }
    return options
  }

  private static func make(_ kind: UInt8, _ data: [UInt8]) -> TCPOption {
    func word(_ at: Int) -> UInt32 { data[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    return switch (kind, data.count) {
    case (0, _): .endOfList
    case (1, _): .noOperation
    case (2, 2): .maximumSegmentSize(UInt16(data[0]) << 8 | UInt16(data[1]))
    case (3, 1): .windowScale(data[0])
    case (4, 0): .selectiveAcknowledgmentPermitted
    case (8, 8): .timestamps(value: word(0), echoReply: word(4))
    default: .other(kind: kind, data: data)
    }
  }

  /// What the option says, in words.
  var meaning: String {
    switch self {
    case .endOfList: "End of Option List"
    case .noOperation: "No-Operation"
    case .maximumSegmentSize(let size): "Maximum Segment Size \(size)"
    case .windowScale(let shift): "Window Scale: times \(UInt64(1) << UInt64(min(shift, 14)))"
    case .selectiveAcknowledgmentPermitted: "SACK permitted"
    case .timestamps(let value, let echoReply): "Timestamps: value \(value), echo reply \(echoReply)"
    case .other(5, _): "SACK"
    case .other(19, _): "MD5 signature (RFC 2385)"
    case .other(let kind, _): "option \(kind), unknown"
    }
  }
}
