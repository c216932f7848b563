//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+---+-+-+-+-+-------+-------+-------------------------------+
// |T|L|x x|S|x|O|P|x x x x|  Ver  |          Length (if L)        |
// +-+-+---+-+-+-+-+-------+-------+-------------------------------+
// |           Tunnel ID           |           Session ID          |
// +-------------------------------+-------------------------------+
// |             Ns (if S)         |             Nr (if S)         |
// +-------------------------------+-------------------------------+
// |      Offset Size (if O)       |    Offset pad... (if O)       |
// +-------------------------------+-------------------------------+   RFC 2661 §3.1

/// The header of an L2TP message, control or data. RFC 2661 §3.1.
public struct L2TPHeader: WireHeader {
  public static let layer = LayerKind.l2tp

  /// T: a control message, which carries AVPs; else a PPP frame follows.
  public var isControl: Bool
  /// P: to be sent before others.
  public var hasPriority: Bool
  /// The reserved bits, as they were.
  public var reservedFlags: UInt16
  /// Octets of the whole message.
  public var length: UInt16?
  /// Which tunnel of the receiver's.
  public var tunnelID: UInt16
  /// Which session in it; 0 in messages about the tunnel.
  public var sessionID: UInt16
  /// Ns and Nr: this message's number, and the next one that the sender expects.
  public var sequence: Sequence?
  /// What the offset size asks to be skipped.
  public var offsetPad: [UInt8]?

  /// Ns and Nr.
  public struct Sequence: Hashable, Sendable {
    /// This message's number.
    public var sent: UInt16
    /// The next number that the sender expects.
    public var expected: UInt16

    public init(sent: UInt16, expected: UInt16) {
      self.sent = sent
      self.expected = expected
    }
  }

  public init(
    isControl: Bool, hasPriority: Bool = false, reservedFlags: UInt16 = 0, length: UInt16?, tunnelID: UInt16,
    sessionID: UInt16, sequence: Sequence?, offsetPad: [UInt8]? = nil
  ) {
    self.isControl = isControl
    self.hasPriority = hasPriority
    self.reservedFlags = reservedFlags & Self.reservedMask
    self.length = length
    self.tunnelID = tunnelID
    self.sessionID = sessionID
    self.sequence = sequence
    self.offsetPad = offsetPad
  }

  static let reservedMask: UInt16 = 0x34F0

  /// Reads the header at the cursor and leaves the cursor behind the offset pad. RFC 2661 §3.1. Versions other than 2 are
  /// refused: 1 is L2F, 3 is L2TPv3.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    let start = cursor.position
    let flags = try cursor.uint16(frame, Field.flags)
    guard flags & 0x0F == 2 else { throw Field.version.invalid(flags & 0x0F, at: start) }
    isControl = flags & 0x8000 != 0
    hasPriority = flags & 0x0100 != 0
    reservedFlags = flags & Self.reservedMask
    length = flags & 0x4000 == 0 ? nil : try cursor.uint16(frame, Field.length)
    tunnelID = try cursor.uint16(frame, Field.tunnelID)
    sessionID = try cursor.uint16(frame, Field.sessionID)
    if flags & 0x0800 != 0 {
      let sent = try cursor.uint16(frame, Field.sent)
      sequence = Sequence(sent: sent, expected: try cursor.uint16(frame, Field.expected))
    } else {
      sequence = nil
    }
    if flags & 0x0200 != 0 {
      let size = try cursor.uint16(frame, Field.offsetSize)
      offsetPad = try cursor.octets(Int(size), frame, Field.offsetPad)
    } else {
      offsetPad = nil
    }
  }

  private var flags: UInt16 {
    (isControl ? 0x8000 : 0) | (length == nil ? 0 : 0x4000) | (sequence == nil ? 0 : 0x0800)
      | (offsetPad == nil ? 0 : 0x0200) | (hasPriority ? 0x0100 : 0) | reservedFlags | 2
  }

  public var encodedLength: Int {
    6 + (length == nil ? 0 : 2) + (sequence == nil ? 0 : 4) + (offsetPad.map { $0.count + 2 } ?? 0)
  }

  public func write(to writer: inout ByteWriter) {
    writer.append(flags)
    if let length { writer.append(length) }
    writer.append(tunnelID)
    writer.append(sessionID)
    if let sequence {
      writer.append(sequence.sent)
      writer.append(sequence.expected)
    }
    if let offsetPad {
      writer.append(UInt16(truncatingIfNeeded: offsetPad.count))
      writer.append(offsetPad)
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.flags, 0, 2, flags)
    list.number(.type, 0, 1, isControl ? 1 : 0, bits: 0..<1)
    list.flag(.lengthPresent, 0, bit: 1, length != nil)
    list.flag(.sequencePresent, 0, bit: 4, sequence != nil)
    list.flag(.offsetPresent, 0, bit: 6, offsetPad != nil)
    list.flag(.priority, 0, bit: 7, hasPriority)
    list.number(.version, 1, 1, 2, bits: 4..<8)
    var position = 2
    let words: [(Field, UInt16?)] = [
      (.length, length), (.tunnelID, tunnelID), (.sessionID, sessionID), (.sent, sequence?.sent),
      (.expected, sequence?.expected), (.offsetSize, offsetPad.map { UInt16(clamping: $0.count) }),
    ]
    for case (let field, let word?) in words {
      list.number(field, position, 2, word)
      position += 2
    }
    list.octets(.offsetPad, position, offsetPad ?? [])
    return list.nodes
  }
}
