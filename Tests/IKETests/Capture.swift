import Foundation
import Wire

/// The ISAKMP messages of a capture file: just enough of a reader for the captures beside the repository (classic pcap,
/// little-endian, Ethernet, UDP over IPv4 or IPv6, no fragments).
struct Capture {
  struct Message {
    /// Addresses and ports as octets, to tell the two ends apart.
    var source: [UInt8]
    var bytes: [UInt8]
  }

  var messages: [Message] = []

  init(_ file: URL) throws {
    let data = [UInt8](try Data(contentsOf: file))
    var position = 24
    while position + 16 <= data.count {
      let length = (0..<4).reduce(0) { $0 | Int(data[position + 8 + $1]) << (8 * $1) }
      let frame = Array(data[min(position + 16, data.count)..<min(position + 16 + length, data.count)])
      if let message = Self.isakmp(frame) { messages.append(message) }
      position += 16 + length
    }
  }

  private static func isakmp(_ frame: [UInt8]) -> Message? {
    guard frame.count > 54 else { return nil }
    let (addresses, transport): (Range<Int>, Int)
    switch (frame[12], frame[13]) {
    case (0x08, 0x00) where frame[23] == 17 && frame[20] & 0x3F == 0 && frame[21] == 0:
      (addresses, transport) = (26..<30, 14 + Int(frame[14] & 15) * 4)
    case (0x86, 0xDD) where frame[20] == 17: (addresses, transport) = (22..<38, 54)
    default: return nil
    }
    guard frame.count >= transport + 8 else { return nil }
    let port = Int(frame[transport]) << 8 | Int(frame[transport + 1])
    let destination = Int(frame[transport + 2]) << 8 | Int(frame[transport + 3])
    let length = Int(frame[transport + 4]) << 8 | Int(frame[transport + 5])
    guard length > 8, frame.count >= transport + length else { return nil }
    var payload = Array(frame[transport + 8..<transport + length])
    if port == 4_500 || destination == 4_500 {
      guard payload.starts(with: [0, 0, 0, 0]) else { return nil }
      payload.removeFirst(4)
    } else if port != 500 && destination != 500 {
      return nil
    }
    guard payload.count >= 28 else { return nil }
    return Message(source: Array(frame[addresses]), bytes: payload)
  }
}
