import IPsec
import Wire

/// What a selector, or a rule of a filter, says of a packet besides its addresses.
extension ScalarRule {
  private static let sensitivityLevels: [(name: String, value: Sensitivity)] = Sensitivity.allCases.map {
    ($0.name.replacing(" ", with: "-"), $0)
  }

  static let sensitivity = choice(sensitivityLevels.map(\.name)) { text in
    let level = sensitivityLevels.first { $0.name == text }?.value ?? .unclassified
    return .sensitivities(level...level)
  }

  /// `secret`, `confidential-top-secret`.
  static let sensitivities = ScalarRule(
    expected:
      "a level (\(sensitivityLevels.map(\.name).joined(separator: ", "))), or two of them as in \"confidential-secret\"",
    pattern: {
      let level = sensitivityLevels.map(\.name).joined(separator: "|")
      return "^(\(level))(-(\(level)))?$"
    }()
  ) { text throws(ScalarFault) in
    if let level = sensitivityLevels.first(where: { $0.name == text }) {
      return .sensitivities(level.value...level.value)
    }
    for first in sensitivityLevels where text.hasPrefix(first.name + "-") {
      guard let last = sensitivityLevels.first(where: { "\(first.name)-\($0.name)" == text }) else { continue }
      guard first.value <= last.value else { throw ScalarFault("\(quoted(text)) ends before it begins") }
      return .sensitivities(first.value...last.value)
    }
    throw ScalarFault(
      "\(quoted(text)) is no level of sensitivity", suggestion: closest(to: text, among: sensitivityLevels.map(\.name)))
  }

  /// `any`, `opaque`, `80`, `1024-65535`.
  static let ports = ScalarRule(
    expected: "a port such as \"80\", ports such as \"1024-65535\", \"any\", or \"opaque\"",
    pattern: "^any$|^opaque$|^[0-9]+(-[0-9]+)?$", literal: .integer
  ) { text throws(ScalarFault) in
    if text == "any" { return .ports(.any) }
    if text == "opaque" { return .ports(.opaque) }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
    guard (1...2).contains(parts.count), let first = parts[0], let last = parts[parts.count - 1] else {
      throw ScalarFault("\(quoted(text)) is no port")
    }
    guard first <= last else { throw ScalarFault("\(quoted(text)) ends before it begins") }
    return .ports(.range(first...last))
  }

  private static let transports: [(name: String, value: IPProtocol)] = [
    ("icmp", .icmp), ("tcp", .tcp), ("udp", .udp), ("icmpv6", .icmpv6), ("esp", .esp), ("ah", .ah),
  ]

  static let icmpTypes: [(name: String, icmp: ICMPType?, icmpv6: ICMPv6Type?)] = [
    ("echo", .echo, .echoRequest), ("echo-reply", .echoReply, .echoReply),
    ("unreachable", .destinationUnreachable, .destinationUnreachable), ("too-big", nil, .packetTooBig),
    ("time-exceeded", .timeExceeded, .timeExceeded), ("parameter-problem", .parameterProblem, .parameterProblem),
    ("source-quench", .sourceQuench, nil), ("redirect", .redirect, nil),
  ]

  /// `unreachable`, `3`: what a name stands for depends on the protocol.
  static let icmpType = ScalarRule(
    expected: "a type (\(icmpTypes.map(\.name).joined(separator: ", "))) or its number",
    pattern: "^(\(icmpTypes.map(\.name).joined(separator: "|"))|[0-9]{1,3})$", literal: .integer
  ) { text throws(ScalarFault) in
    if icmpTypes.contains(where: { $0.name == text }) { return .text(text) }
    guard let number = UInt8(text) else {
      throw ScalarFault(
        "\(quoted(text)) is no type of ICMP", suggestion: closest(to: text, among: icmpTypes.map(\.name)))
    }
    return .integer(UInt64(number))
  }

  /// `any`, `udp`, or the number of the IP header.
  static let transport = ScalarRule(
    expected:
      "\"any\", \"icmp\", \"icmpv6\", \"tcp\", \"udp\", \"esp\", \"ah\", \"opaque\", or a protocol's number",
    pattern: "^(any|icmp|icmpv6|tcp|udp|esp|ah|opaque|[0-9]{1,3})$", literal: .integer
  ) { text throws(ScalarFault) in
    if text == "any" { return .transport(.any) }
    if text == "opaque" { return .transport(.opaque) }
    if let known = transports.first(where: { $0.name == text }) { return .transport(.value(known.value)) }
    guard let number = UInt8(text) else {
      throw ScalarFault("\(quoted(text)) is no protocol", suggestion: closest(to: text, among: transports.map(\.name)))
    }
    return .transport(.value(IPProtocol(rawValue: number)))
  }
}
