/// The part of a capture file that is being looked at: chunks come in behind, what was read goes away in front.
struct CaptureBuffer {
  /// Gives the next octets of the file, none at its end.
  typealias Source = () throws(CaptureError) -> [UInt8]

  private let source: Source?
  private var bytes: [UInt8]
  /// Where the next record begins in `bytes`.
  private var position = 0
  /// Where the next record begins in the file.
  private(set) var offset: UInt64 = 0
  /// Whether the file's integers have their least significant octet first.
  var isLittleEndian = false

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    source = nil
  }

  init(_ source: @escaping Source) {
    self.source = source
    bytes = []
  }

  /// Octets that are there now.
  var available: Int { bytes.count - position }

  /// Gets at least `count` octets where the file has them; returns whether it has.
  mutating func fill(_ count: Int) throws(CaptureError) -> Bool {
    if count <= available { return true }
    guard let source else { return false }
    bytes.removeFirst(position)
    position = 0
    while bytes.count < count {
      let chunk = try source()
      if chunk.isEmpty { return false }
      bytes.append(contentsOf: chunk)
    }
    return true
  }

  /// Gets `count` octets for `what` or says that the file is cut off.
  mutating func require(_ count: Int, _ what: @autoclosure () -> String) throws(CaptureError) {
    if try fill(count) { return }
    throw CaptureError(offset: offset, fault: .truncated(what: what(), needed: count, available: available))
  }

  /// Goes `count` octets on, which need not be there yet.
  mutating func skip(_ count: UInt64) throws(CaptureError) -> Bool {
    var left = count
    while left > UInt64(available) {
      left -= UInt64(available)
      advance(available)
      guard try fill(1) else { return false }
    }
    advance(Int(left))
    return true
  }

  /// Goes `count` octets on, which are there.
  mutating func advance(_ count: Int) {
    position += count
    offset += UInt64(count)
  }

  /// One octet, `index` behind the record's start. The caller has made sure that it is there.
  func uint8(_ index: Int) -> UInt8 { bytes[position + index] }

  /// Two octets in the file's byte order.
  func uint16(_ index: Int) -> UInt16 {
    let first = UInt16(bytes[position + index])
    let second = UInt16(bytes[position + index + 1])
    return isLittleEndian ? second << 8 | first : first << 8 | second
  }

  /// Four octets in the file's byte order.
  func uint32(_ index: Int) -> UInt32 {
    let first = UInt32(uint16(index))
    let second = UInt32(uint16(index + 2))
    return isLittleEndian ? second << 16 | first : first << 16 | second
  }

  /// Eight octets in the file's byte order.
  func uint64(_ index: Int) -> UInt64 {
    let first = UInt64(uint32(index))
    let second = UInt64(uint32(index + 4))
    return isLittleEndian ? second << 32 | first : first << 32 | second
  }

  /// A copy of `count` octets, `index` behind the record's start.
  func octets(_ index: Int, _ count: Int) -> [UInt8] { [UInt8](bytes[position + index..<position + index + count]) }
}
