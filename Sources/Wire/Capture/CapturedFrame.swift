/// Which way a frame went at the tap that caught it (pcapng `epb_flags`, bits 0 and 1).
public enum CaptureDirection: UInt8, Hashable, Sendable {
  case unknown = 0
  case inbound = 1
  case outbound = 2
}

/// One frame of a capture file.
public struct CapturedFrame: Hashable, Sendable {
  /// Counts from 1, as Wireshark does.
  public let number: Int
  /// Index into the reader's `interfaces`.
  public let interface: Int
  public let linkType: LinkType
  /// Nanoseconds since 1970-01-01 00:00 UTC; `nil` in a simple packet block, which has no time.
  public let nanoseconds: Int64?
  /// What was captured.
  public let bytes: [UInt8]
  /// Octets that the frame had on the link, some of which the capture may have cut off.
  public let originalLength: Int
  public let direction: CaptureDirection
  public let comments: [String]

  /// Whether the capture cut the frame short.
  public var isCut: Bool { bytes.count < originalLength }
}

/// Where frames of a capture were caught: an interface block, or the header of a pcap file.
public struct CaptureInterface: Hashable, Sendable {
  public let linkType: LinkType
  /// `if_name`, where there is one.
  public internal(set) var name: String?
  /// The most that is kept of a frame; 0 for no limit.
  public let snapLength: Int
  /// How time stamps count.
  public internal(set) var resolution: TimestampResolution
  /// Seconds to be added to each time stamp (`if_tsoffset`).
  public internal(set) var secondsOffset: Int64
}

/// The unit of an interface's time stamps (pcapng `if_tsresol`).
public enum TimestampResolution: Hashable, Sendable {
  /// 10 to the power of minus this many seconds.
  case decimal(UInt8)
  /// 2 to the power of minus this many seconds.
  case binary(UInt8)

  /// As the option's octet has it: the most significant bit chooses the base.
  public init(octet: UInt8) { self = octet & 0x80 == 0 ? .decimal(octet) : .binary(octet & 0x7F) }

  /// `units` as nanoseconds, rounded down, and held to what 64 bits can count.
  func nanoseconds(_ units: UInt64) -> UInt64 {
    switch self {
    case .decimal(let exponent):
      if exponent > 28 { return 0 }
      if exponent > 9 { return exponent - 9 > 19 ? 0 : units / Self.powerOfTen(exponent - 9) }
      let (product, overflow) = units.multipliedReportingOverflow(by: Self.powerOfTen(9 - exponent))
      return overflow ? .max : product
    case .binary(let exponent):
      let (high, low) = units.multipliedFullWidth(by: 1_000_000_000)
      let shift = UInt64(exponent)
      if shift >= 64 { return shift >= 128 ? 0 : high >> (shift - 64) }
      if shift == 0 { return high == 0 ? low : .max }
      return high >> shift != 0 ? .max : high << (64 - shift) | low >> shift
    }
  }

  private static func powerOfTen(_ exponent: UInt8) -> UInt64 { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}

extension CaptureInterface {
  /// A time stamp of this interface in nanoseconds since 1970, held to what 63 bits can count.
  func nanoseconds(_ units: UInt64) -> Int64 {
    let (offset, overflow) = secondsOffset.multipliedReportingOverflow(by: 1_000_000_000)
    let base = Int64(clamping: resolution.nanoseconds(units))
    let (sum, exceeded) = base.addingReportingOverflow(overflow ? (secondsOffset < 0 ? .min : .max) : offset)
    return exceeded ? .max : sum
  }
}
