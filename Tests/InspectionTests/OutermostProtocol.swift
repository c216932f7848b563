import Foundation
import Inspection
import Wire

/// What a frame carries outermost, read by numbers alone and without the code that is tested: so that a packet that is
/// not recognised is missed by a count.
enum OutermostProtocol {
  /// 50, 51 or 108 for ESP, AH and IPComp, with ESP in UDP as 50; `nil` for anything else. Of a fragment, what its
  /// datagram carries.
  static func number(_ frame: CapturedFrame) -> Int? {
    guard let start = start(frame), frame.bytes.count > start + 40 else { return nil }
    let octets = Array(frame.bytes[start...])
    let number = octets[0] >> 4 == 4 ? ipv4(octets) : ipv6(octets)
    return [50, 51, 108].contains(number) ? number : nil
  }

  /// Where the IP header begins: Ethernet and raw IP are what captures are made of.
  private static func start(_ frame: CapturedFrame) -> Int? {
    if frame.linkType == .raw { return 0 }
    guard frame.linkType == .ethernet, frame.bytes.count > 14 else { return nil }
    let type = Int(frame.bytes[12]) << 8 | Int(frame.bytes[13])
    return type == 0x0800 || type == 0x86DD ? 14 : nil
  }

  private static func ipv4(_ octets: [UInt8]) -> Int? {
    let header = Int(octets[0] & 15) * 4
    if octets[9] == 17, octets.count > header + 13, Int(octets[6] & 0x1F) << 8 | Int(octets[7]) == 0 {
      return udp(octets, header)
    }
    return Int(octets[9])
  }

  private static func ipv6(_ octets: [UInt8]) -> Int? {
    var (next, position) = (Int(octets[6]), 40)
    while [0, 43, 44, 60].contains(next), position + 8 <= octets.count {
      let length = next == 44 ? 8 : (Int(octets[position + 1]) + 1) * 8
      (next, position) = (Int(octets[position]), position + length)
    }
    return next == 17 && octets.count > position + 13 ? udp(octets, position) : next
  }

  /// ESP in UDP on port 4500 begins with an SPI, and no SPI is zero: RFC 3948 §2.1.
  private static func udp(_ octets: [UInt8], _ start: Int) -> Int? {
    let ports = [0, 2].map { Int(octets[start + $0]) << 8 | Int(octets[start + $0 + 1]) }
    let length = Int(octets[start + 4]) << 8 | Int(octets[start + 5])
    guard ports.contains(4500), length > 16, octets[(start + 8)..<(start + 12)].contains(where: { $0 != 0 }) else {
      return nil
    }
    return 50
  }
}

extension LayerNode {
  /// The SPI of an AH or ESP layer.
  var number: UInt32? {
    guard case .unsigned(let number) = fields.first(where: { $0.name == "securityParametersIndex" })?.value else {
      return nil
    }
    return UInt32(truncatingIfNeeded: number)
  }
}

extension OracleCapture {
  /// The authenticators of the list in JSON, by SPI; read by Foundation.
  var associationList: [UInt32: String] {
    let document = try? JSONSerialization.jsonObject(with: Data(Oracles.octets(beside("sas.json")) ?? []))
    let list = (document as? [String: Any])?["sas"] ?? document
    var authenticators: [UInt32: String] = [:]
    for case let entry as [String: Any] in list as? [Any] ?? [] {
      let spi = UInt32((entry["spi"] as? String ?? "").dropFirst(2), radix: 16)
      authenticators[spi ?? 0] = entry["auth"] as? String ?? "NULL"
    }
    return authenticators
  }

  /// Its first frame that carries ESP over IPv4 outermost, where every association that it lists has an HMAC.
  var authenticatedESP: CapturedFrame? {
    let authenticators = associationList.values
    guard !authenticators.isEmpty, !authenticators.contains("NULL") else { return nil }
    return frames.first { OutermostProtocol.number($0) == 50 && $0.bytes[12] == 8 && $0.bytes[20] & 0x3F == 0 }
  }
}
