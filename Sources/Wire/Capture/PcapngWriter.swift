import Units

/// Writes a pcapng file that Wireshark and tshark open: one section, one interface a tap, an enhanced packet block a
/// frame. The same calls give the same octets on any machine (draft-ietf-opsawg-pcapng §4; least significant octet
/// first).
public struct PcapngWriter: Sendable {
  /// What has been written and not yet been taken.
  public private(set) var bytes: [UInt8] = []
  /// Interfaces so far.
  public private(set) var interfaceCount = 0
  /// Nanoseconds since 1970 at which a run begins.
  private let epoch: UInt64

  /// Begins a file that says it was written by Lockstep of `version` (option 4 of the section header). Instants of
  /// the run count from `epoch`, nanoseconds since 1970: zero unless somebody wants real dates.
  public init(version: String, epoch: UInt64 = 0) {
    self.epoch = epoch
    block(0x0A0D_0D0A) { writer in
      writer.number(0x1A2B_3C4D, 4)
      writer.number(1, 2)
      writer.number(0, 2)
      writer.number(.max, 8)  // A section length that nobody has counted.
      writer.option(4, Array("Lockstep \(version)".utf8))
      writer.endOfOptions()
    }
  }

  /// Describes a tap, `fw-a:wan` say, and returns the index for its frames. Time stamps count nanoseconds.
  public mutating func addInterface(name: String, linkType: LinkType = .raw) -> Int {
    block(1) { writer in
      writer.number(UInt64(linkType.rawValue), 2)
      writer.number(0, 2)
      writer.number(0, 4)  // No snap length: frames are whole.
      writer.option(2, Array(name.utf8))
      writer.option(9, [9])
      writer.endOfOptions()
    }
    interfaceCount += 1
    return interfaceCount - 1
  }

  /// Appends a frame of the tap `interface`, with a comment (the journal entry's name) and its direction.
  public mutating func append(
    _ frame: [UInt8], interface: Int, at instant: Instant, direction: CaptureDirection = .unknown, comment: String = ""
  ) {
    precondition((0..<interfaceCount).contains(interface), "a frame of an interface that was not added")
    let (time, overflow) = epoch.addingReportingOverflow(instant.nanoseconds)
    let units = overflow ? UInt64.max : time
    block(6) { writer in
      writer.number(UInt64(interface), 4)
      writer.number(units >> 32, 4)
      writer.number(units, 4)
      writer.number(UInt64(frame.count), 4)
      writer.number(UInt64(frame.count), 4)
      writer.padded(frame)
      if !comment.isEmpty { writer.option(1, Array(comment.utf8)) }
      if direction != .unknown { writer.option(2, [direction.rawValue, 0, 0, 0]) }
      if !comment.isEmpty || direction != .unknown { writer.endOfOptions() }
    }
  }

  /// Hands over what has been written since the last call, for writing a file piece by piece.
  public mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  private mutating func block(_ type: UInt32, _ body: (inout PcapngWriter) -> Void) {
    let start = bytes.count
    number(UInt64(type), 4)
    number(0, 4)
    body(&self)
    let length = bytes.count + 4 - start
    for index in 0..<4 { bytes[start + 4 + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
    number(UInt64(length), 4)
  }

  /// The low `width` octets of `value`, least significant first.
  private mutating func number(_ value: UInt64, _ width: Int) {
    for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }

  private mutating func padded(_ octets: [UInt8]) {
    bytes.append(contentsOf: octets)
    bytes.append(contentsOf: repeatElement(0, count: (4 - octets.count % 4) % 4))
  }

  /// An option; of text longer than its length field can say, the start, cut between two characters.
  private mutating func option(_ code: UInt16, _ value: [UInt8]) {
    var value = value
    if value.count > Int(UInt16.max) {
      var end = Int(UInt16.max)
      while end > 0, value[end] & 0xC0 == 0x80 { end -= 1 }
      value = Array(value[..<end])
    }
    number(UInt64(code), 2)
    number(UInt64(value.count), 2)
    padded(value)
  }

  private mutating func endOfOptions() { number(0, 4) }
}
