import IPsec
import Wire

extension ScalarRule {
  static let namePattern = "[A-Za-z0-9][A-Za-z0-9_-]{0,62}"

  /// Whether a name can stand in journals, file names and addresses of entries: letters, digits, `-`, `_`.
  static func isName(_ text: some StringProtocol) -> Bool {
    guard (1...63).contains(text.utf8.count), let first = text.utf8.first, isWord(first) else { return false }
    return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
  }

  private static func isWord(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  static let nameExpected =
    "a name of letters, digits, \"-\" and \"_\" that begins with a letter or a digit (63 at most)"

  static let name = ScalarRule(expected: nameExpected, pattern: "^\(namePattern)$") { text throws(ScalarFault) in
    guard isName(text) else { throw ScalarFault("\(quoted(text)) is no name") }
    return .text(text)
  }

  /// Text of a paragraph.
  static func text(_ expected: String, limit: Int) -> ScalarRule {
    ScalarRule(expected: expected, pattern: "\\S") { text throws(ScalarFault) in
      guard text.contains(where: { !$0.isWhitespace }) else { throw ScalarFault("the text is empty") }
      guard text.utf8.count <= limit else { throw ScalarFault("the text is longer than \(limit) octets") }
      return .text(String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()))
    }
  }

  static let placement = ScalarRule(
    expected: "\"stack\", or \"bump-in-the-stack\"; a bump in the wire is a node of its own, with \"kind: bump\"",
    choices: ["stack", "bump-in-the-stack"]
  ) { text throws(ScalarFault) in
    guard text == "stack" || text == "bump-in-the-stack" else { throw ScalarFault("\(quoted(text)) is unknown") }
    return .text(text)
  }

  /// A name of RFC 2401 §4.4.2, compared as it is written.
  static let userName = text("a user's name such as \"alice@example.com\" (255 octets at most)", limit: 255)

  static let systemName = text("a system's name such as \"venus.example.com\" (255 octets at most)", limit: 255)

  /// `fw-a:wan`.
  static let endpoint = ScalarRule(
    expected: "a node and its interface such as \"fw-a:wan\"", pattern: "^\(namePattern):\(namePattern)$"
  ) { text throws(ScalarFault) in
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ isName($0) }) else {
      throw ScalarFault("\(quoted(text)) is no interface")
    }
    return .reference(node: String(parts[0]), interface: String(parts[1]))
  }

  /// `bob`, or `bob:lan` for one of its interfaces.
  static let target = ScalarRule(
    expected: "a node such as \"bob\", or one of its interfaces such as \"bob:lan\"",
    pattern: "^\(namePattern)(:\(namePattern))?$"
  ) { text throws(ScalarFault) in
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ isName($0) }) else {
      throw ScalarFault("\(quoted(text)) is no node")
    }
    return .reference(node: String(parts[0]), interface: parts.count == 2 ? String(parts[1]) : nil)
  }

  /// A shared secret: text, or octets as `0x…`.
  static let secret = ScalarRule(
    expected: "a secret of 1 to 128 octets, as text or as hexadecimal octets after 0x", pattern: "^.{1,258}$"
  ) { text throws(ScalarFault) in
    guard text.hasPrefix("0x") else {
      guard (1...128).contains(text.utf8.count) else { throw ScalarFault("the secret has \(text.utf8.count) octets") }
      return .key(Array(text.utf8))
    }
    return .key(try octets(text.dropFirst(2), of: "secret", 1...128))
  }

  /// Octets of a key, all of them written out.
  static let hexadecimal = ScalarRule(
    expected: "hexadecimal octets after 0x such as \"0x00112233\"", pattern: "^0x([0-9A-Fa-f]{2})+$", literal: .integer
  ) { text throws(ScalarFault) in
    guard text.hasPrefix("0x") else {
      let isHexadecimal = text.count % 2 == 0 && text.allSatisfy(\.isHexDigit)
      throw ScalarFault("the key does not begin with 0x", suggestion: isHexadecimal ? "0x\(text)" : nil)
    }
    return .key(try octets(text.dropFirst(2), of: "key", 1...128))
  }

  private static func octets(
    _ text: Substring, of noun: String, _ bounds: ClosedRange<Int>
  ) throws(ScalarFault) -> [UInt8] {
    let values = text.compactMap(\.hexDigitValue)
    guard values.count == text.count else { throw ScalarFault("the \(noun) is not hexadecimal behind its 0x") }
    guard values.count % 2 == 0, bounds.contains(values.count / 2) else {
      throw ScalarFault("the \(noun) has \(values.count) hexadecimal digits")
    }
    return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }

  /// A security parameters index, as a number or after 0x. RFC 2406 §2.1 keeps those below 256.
  static let spi = ScalarRule(
    expected: "a security parameters index from 256 to 0xffffffff such as \"0x1001\"",
    pattern: "^(0x[0-9A-Fa-f]{1,8}|[0-9]{3,10})$", literal: .integer
  ) { text throws(ScalarFault) in
    let number = text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
    guard let number, !text.hasPrefix("+"), !text.hasPrefix("0x+") else {
      throw ScalarFault("\(quoted(text)) is no SPI")
    }
    guard number > 255 else { throw ScalarFault("the SPI \(number) is reserved (RFC 2406 §2.1)") }
    return .integer(UInt64(number))
  }

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
