import Wire

extension AuthenticatedOctets {
  /// A field that the ICV does not cover as the packet has it.
  public enum Field: Hashable, Sendable {
    /// IPv4.
    case typeOfService, totalLength, flags, fragmentOffset, timeToLive, `protocol`, headerChecksum
    /// An IPv4 option as a whole.
    case option(IPv4OptionType)
    /// IPv6.
    case trafficClass, flowLabel, payloadLength, hopLimit
    /// The octet of an IPv6 header, or of one that extends it, that says what follows.
    case nextHeader
    /// The data of an IPv6 option of that type, without type and length.
    case optionData(UInt8)
    /// IPv4 and IPv6.
    case destinationAddress
    /// A routing header of type 0.
    case segmentsLeft, routeAddresses
    /// AH's own, without the padding behind it.
    case integrityCheckValue
  }
}

extension AuthenticatedOctets.Field {
  private typealias Words = (title: String, citation: String, reason: String)

  private static let ipv4Base = "RFC 2402 §3.3.3.1.1.1"
  private static let ipv6Base = "RFC 2402 §3.3.3.1.2.1"
  private static let ipv6NonOptions = "RFC 2402 §3.3.3.1.2.3"

  /// The RFC's term: `Type of Service`.
  public var title: String { words.title }
  /// The section that says how the field is treated.
  public var citation: String { words.citation }
  /// Why it is treated so, as a sentence without a full stop: `some routers change it`.
  public var reason: String { words.reason }

  private var words: Words {
    switch self {
    case .typeOfService: ("Type of Service", Self.ipv4Base, "some routers change it")
    case .totalLength: ("Total Length", Self.ipv4Base, "headers that came later made it longer")
    case .flags: ("Flags", Self.ipv4Base, "a router may set DF")
    case .fragmentOffset: ("Fragment Offset", Self.ipv4Base, "AH never sees a fragment")
    case .timeToLive: ("Time to Live", Self.ipv4Base, "every router takes one off")
    case .protocol: ("Protocol", Self.ipv4Base, "it announced AH before a later header came between")
    case .headerChecksum: ("Header Checksum", Self.ipv4Base, "it changes with every field that a router changes")
    case .option(let type): (Self.title(type), "RFC 2402 §3.3.3.1.1.2", Self.reason(type))
    case .trafficClass: ("Traffic Class", Self.ipv6Base, "some routers change it")
    case .flowLabel: ("Flow Label", Self.ipv6Base, "routers may change it")
    case .payloadLength: ("Payload Length", Self.ipv6Base, "headers that came later made it longer")
    case .hopLimit: ("Hop Limit", Self.ipv6Base, "every router takes one off")
    case .nextHeader: ("Next Header", Self.ipv6Base, "it announced AH before a later header came between")
    case .optionData(let type):
      ("data of option \(type)", "RFC 2402 §3.3.3.1.2.2", "the option's type says that its data may change on the way")
    case .destinationAddress:
      ("Destination Address", "RFC 2402 §3.3.3.1", "the route that the packet carries ends there")
    case .segmentsLeft: ("Segments Left", Self.ipv6NonOptions, "none are left where the route ends")
    case .routeAddresses:
      ("addresses of the route", Self.ipv6NonOptions, "each place visited has changed places with the destination")
    case .integrityCheckValue: ("Authentication Data", "RFC 2402 §3.3.3", "the ICV cannot cover itself")
    }
  }

  private static func title(_ type: IPv4OptionType) -> String {
    "option \(type.rawValue)" + (type.name.map { ", \($0)" } ?? "")
  }

  /// An option that is listed nowhere is treated as one that changes.
  private static func reason(_ type: IPv4OptionType) -> String {
    type.name == nil ? "no RFC says that it stays as it is" : "routers on the way write into it or may"
  }
}
