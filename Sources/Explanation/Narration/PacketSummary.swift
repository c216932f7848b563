import Journal
import Wire

/// A packet in one line, layer by layer, as far as its octets tell without keys.
public struct PacketSummary: Hashable, Sendable {
  /// A layer in words.
  public struct Part: Hashable, Sendable {
    /// Which layer.
    public var kind: LayerKind
    /// `ESP SPI 0x1a2b3c4d seq 3`.
    public var words: String
    /// The same where room is scarce: `ESP 0x1a2b3c4d seq 3`.
    public var brief: String

    public init(kind: LayerKind, words: String, brief: String) {
      self.kind = kind
      self.words = words
      self.brief = brief
    }
  }

  /// The layers from the outermost to the innermost.
  public var parts: [Part]
  /// Octets of the whole datagram.
  public var octets: Int
  /// Where the outermost IP header says it comes from.
  public var source: IPAddress?
  /// Where the outermost IP header says it is for.
  public var destination: IPAddress?

  /// Looks into the octets from an IP header on.
  public init(_ bytes: [UInt8]) {
    octets = bytes.count
    let dissection = Dissector.dissect(bytes, linkType: .raw)
    parts = dissection.layers.compactMap { layer in
      LayerWords.describe(layer, bytes).map {
        Part(kind: layer.kind, words: $0, brief: LayerWords.brief(layer, bytes) ?? $0)
      }
    }
    guard let first = dissection.layers.first else { return }
    source = Self.address(first, "sourceAddress")
    destination = Self.address(first, "destinationAddress")
  }

  /// The associations that the headers in sight name, the outermost first: with IPComp, the CPI is the SPI.
  static func associations(in bytes: [UInt8]) -> [AssociationName] {
    Dissector.dissect(bytes, linkType: .raw).protectedParts.compactMap { part in
      let (number, spi): (IPProtocol, UInt32)
      switch part.kind {
      case .esp(let header): (number, spi) = (.esp, header.spi)
      case .ah(let header): (number, spi) = (.ah, header.spi)
      case .ipcomp(let header): (number, spi) = (.ipcomp, UInt32(header.compressionParameterIndex))
      case .isakmp: return nil
      }
      return AssociationName(
        protocolNumber: number.rawValue, spi: spi, destination: part.context.destination?.octets ?? [])
    }
  }

  private static func address(_ layer: LayerNode, _ name: String) -> IPAddress? {
    guard case .text(let text) = layer.fields.first(where: { $0.name == name })?.value else { return nil }
    return IPAddress(text)
  }

  /// `IPv4 192.0.2.1 → 198.51.100.1, ESP SPI 0x1a2b3c4d seq 3`.
  public var line: String { parts.isEmpty ? "empty packet" : parts.map(\.words).joined(separator: ", ") }

  /// The layers behind the IP header that say what the packet is for, `ESP 0x1a2b3c4d seq 3`, with what protects them:
  /// `AH 0x00001001 seq 3 › ICMP echo request id 1 seq 3`. What an ICMP error quotes is left out.
  public var short: String {
    let parts = shields.map(\.brief) + [subject.map(\.words)].compactMap { $0 }
    return parts.isEmpty ? line : parts.joined(separator: " › ")
  }

  /// As `short`, and shorter where that is possible: `echo request 1`, `AH › echo request 1`.
  public var brief: String {
    guard let last = subject?.brief ?? shields.last?.brief else { return line }
    let names = (subject == nil ? shields.dropLast() : shields[...]).map(\.kind.title)
    return (names + [last]).joined(separator: " › ")
  }

  /// AH, ESP and IPComp in sight, the outermost first.
  private var shields: [Part] { parts.prefix { !Self.isQuoting($0) }.filter(Self.isShield) }

  /// What is protected, or was never: `nil` where it is out of sight.
  private var subject: Part? {
    let inner = parts.drop { Self.isCarrier($0) || Self.isShield($0) }
    if let last = shields.last, last.kind != .ah { return nil }
    // UDP says nothing that ISAKMP in it does not say better.
    return inner.first { $0.kind != .udp || inner.count == 1 || inner.last?.kind == .data }
  }

  private static func isShield(_ part: Part) -> Bool { [.ah, .esp, .ipcomp].contains(part.kind) }

  /// IP headers, and those that extend them.
  private static func isCarrier(_ part: Part) -> Bool {
    switch part.kind {
    case .ipv4, .ipv6, .ipv6HopByHop, .ipv6Routing, .ipv6Fragment, .ipv6DestinationOptions: true
    default: false
    }
  }

  private static func isQuoting(_ part: Part) -> Bool { part.kind == .icmp || part.kind == .icmpv6 }
}

/// One layer in words, read with the very headers that nodes read with.
enum LayerWords {
  static func describe(_ layer: LayerNode, _ bytes: [UInt8]) -> String? {
    let octets = Array(bytes[layer.range.clamped(to: 0..<bytes.count)])
    if let fault = layer.fault, layer.fields.isEmpty { return "malformed: \(fault)" }
    switch layer.kind {
    case .ipv4: return ipv4(octets)
    case .ipv6: return (try? IPv6Header(decoding: octets)).map { "IPv6 \($0.sourceAddress) → \($0.destinationAddress)" }
    case .ipv6Fragment: return ipv6Fragment(octets)
    case .icmp: return icmp(octets)
    case .icmpv6: return icmpv6(layer, octets)
    case .ipcomp:
      return (try? IPCompHeader(decoding: octets)).map { header in
        "IPComp CPI \(Words.hexadecimal(header.compressionParameterIndex, digits: 4))"
      }
    case .udp: return (try? UDPHeader(decoding: octets)).map { "UDP \($0.sourcePort) → \($0.destinationPort)" }
    case .tcp: return tcp(octets)
    case .esp:
      return (try? ESPHeader(decoding: octets)).map { "ESP SPI \(Words.spi($0.spi)) seq \($0.sequenceNumber)" }
    case .ah:
      return (try? AuthenticationHeader(decoding: octets)).map {
        "AH SPI \(Words.spi($0.spi)) seq \($0.sequenceNumber)"
      }
    case .isakmp: return isakmp(layer, octets)
    case .data: return data(layer)
    case .frame: return nil
    default: return layer.kind.title
    }
  }

  /// The layer in as few words as tell it from its neighbours in a picture; `nil` where `describe` has no more to say.
  static func brief(_ layer: LayerNode, _ bytes: [UInt8]) -> String? {
    let range = layer.range.clamped(to: 0..<bytes.count)
    let octets = Array(bytes[range])
    switch layer.kind {
    case .icmp:
      guard let message = try? ICMPMessage(decoding: octets) else { return nil }
      switch message.type {
      case .echo: return "echo request \(message.sequenceNumber)"
      case .echoReply: return "echo reply \(message.sequenceNumber)"
      default: return nil
      }
    case .icmpv6:
      guard let message = try? ICMPv6Message(decoding: octets), let echo = Echo(message) else { return nil }
      return "\(echo.name) \(echo.sequenceNumber)"
    case .ipcomp:
      return (try? IPCompHeader(decoding: octets)).map { header in
        "IPComp \(Words.hexadecimal(header.compressionParameterIndex, digits: 4))"
      }
    case .esp: return (try? ESPHeader(decoding: octets)).map { "ESP \(Words.spi($0.spi)) seq \($0.sequenceNumber)" }
    case .ah:
      return (try? AuthenticationHeader(decoding: octets)).map { "AH \(Words.spi($0.spi)) seq \($0.sequenceNumber)" }
    case .udp:
      return (try? UDPHeader(decoding: octets)).map { "UDP \($0.destinationPort), \(Words.octets($0.payloadLength))" }
    case .tcp:
      let data = bytes.count - range.upperBound
      return (try? TCPHeader(decoding: octets)).map { "TCP \(flags($0))" + (data > 0 ? ", \(Words.octets(data))" : "") }
    default: return nil
    }
  }

  private static func ipv4(_ octets: [UInt8]) -> String? {
    guard let header = try? IPv4Header(decoding: octets) else { return nil }
    // Of a later fragment the layer behind this one says which it is.
    let isFirst = header.isFragment && header.fragmentOffset == 0
    return "IPv4 \(header.sourceAddress) → \(header.destinationAddress)" + (isFirst ? ", first fragment" : "")
  }

  /// Of a later fragment the layer behind this one says which it is.
  private static func ipv6Fragment(_ octets: [UInt8]) -> String? {
    guard let header = try? IPv6FragmentHeader(decoding: octets), header.fragmentOffset == 0 else { return nil }
    return header.moreFragments ? "first fragment" : "the only fragment"
  }

  /// What an ICMPv6 echo says. RFC 2463 §4.
  private struct Echo {
    var name: String
    var identifier: Int
    var sequenceNumber: Int

    init?(_ message: ICMPv6Message) {
      guard message.type.isEcho, message.body.count >= 4 else { return nil }
      name = message.type == .echoRequest ? "echo request" : "echo reply"
      identifier = Int(message.body[0]) << 8 | Int(message.body[1])
      sequenceNumber = Int(message.body[2]) << 8 | Int(message.body[3])
    }
  }

  private static func icmpv6(_ layer: LayerNode, _ octets: [UInt8]) -> String? {
    guard let message = try? ICMPv6Message(decoding: octets) else { return nil }
    if let echo = Echo(message) { return "ICMPv6 \(echo.name) id \(echo.identifier) seq \(echo.sequenceNumber)" }
    let name = message.type.name?.lowercased() ?? "type \(message.type.rawValue)"
    if message.type == .packetTooBig, message.body.count >= 4 {
      return "ICMPv6 \(name), MTU \(message.body[..<4].reduce(0) { $0 << 8 | Int($1) })"
    }
    guard message.type.isError else { return "ICMPv6 \(name)" }
    let meaning = layer.fields.first { $0.name == "code" }?.meaning ?? ""
    return "ICMPv6 \(name): \(meaning.isEmpty ? "code \(message.code)" : meaning)"
  }

  private static func icmp(_ octets: [UInt8]) -> String? {
    guard let message = try? ICMPMessage(decoding: octets) else { return nil }
    switch message.type {
    case .echo: return "ICMP echo request id \(message.identifier) seq \(message.sequenceNumber)"
    case .echoReply: return "ICMP echo reply id \(message.identifier) seq \(message.sequenceNumber)"
    default: return "ICMP " + icmpError(type: message.type.rawValue, code: message.code, mtu: message)
    }
  }

  /// `destination unreachable: port unreachable`.
  static func icmpError(type: UInt8, code: UInt8, mtu message: ICMPMessage? = nil) -> String {
    switch ICMPType(rawValue: type) {
    case .destinationUnreachable:
      let reason = ICMPMessage.unreachableName(code) ?? "code \(code)"
      let mtu = message.map { $0.isFragmentationNeeded ? ", next-hop MTU \($0.nextHopMTU)" : "" } ?? ""
      return "destination unreachable: \(reason)\(mtu)"
    case .timeExceeded: return code == 0 ? "time exceeded on the way" : "time exceeded in reassembly"
    case .redirect: return "redirect"
    case .sourceQuench: return "source quench"
    case .parameterProblem: return "parameter problem"
    default: return "type \(type) code \(code)"
    }
  }

  private static func tcp(_ octets: [UInt8]) -> String? {
    guard let header = try? TCPHeader(decoding: octets) else { return nil }
    return "TCP \(header.sourcePort) → \(header.destinationPort) \(flags(header)) seq \(header.sequenceNumber)"
  }

  private static func flags(_ header: TCPHeader) -> String {
    let names: [(TCPFlags, String)] = [
      (.syn, "SYN"), (.fin, "FIN"), (.rst, "RST"), (.psh, "PSH"), (.ack, "ACK"), (.urg, "URG"),
    ]
    let flags = names.filter { header.flags.contains($0.0) }.map { $0.1 }.joined(separator: " ")
    return flags.isEmpty ? "no flags" : flags
  }

  private static func isakmp(_ layer: LayerNode, _ octets: [UInt8]) -> String {
    guard let header = try? ISAKMPHeader(decoding: octets) else { return "ISAKMP, malformed" }
    var words = "ISAKMP \(name(of: header.exchangeType))"
    if header.messageID != 0 { words += " \(Words.hexadecimal(header.messageID, digits: 8))" }
    if header.flags.contains(.encryption) { return words + ", encrypted" }
    let payloads = layer.fields.compactMap(notation)
    return payloads.isEmpty ? words : "\(words): \(payloads.joined(separator: ", "))"
  }

  /// The payload as RFC 2409 §3.2 writes it; `nil` for a field that is none.
  private static func notation(_ field: FieldNode) -> String? {
    guard field.value == .group, field.children.count > 1 else { return nil }
    return notations.first { field.name.hasPrefix($0.name) }?.notation ?? field.title
  }

  /// In an order in which no name begins with an earlier one.
  private static let notations: [(name: String, notation: String)] = [
    ("securityAssociation", "SA"), ("keyExchange", "KE"), ("identification", "ID"), ("certificateRequest", "CR"),
    ("certificate", "CERT"), ("hash", "HASH"), ("signature", "SIG"), ("nonce", "Nonce"), ("notification", "N"),
    ("delete", "D"), ("vendorID", "VID"), ("configuration", "ATTR"), ("natDiscovery", "NAT-D"),
    ("natOriginalAddress", "NAT-OA"),
  ]

  private static func name(of type: ExchangeType) -> String {
    switch type {
    case .identityProtection: "main mode"
    case .aggressive: "aggressive mode"
    case .quickMode: "quick mode"
    case .informational: "informational"
    default: type.meaning
    }
  }

  private static func data(_ layer: LayerNode) -> String? {
    guard let field = layer.fields.first, !layer.range.isEmpty else { return nil }
    return field.meaning.isEmpty || field.meaning.hasSuffix("data")
      ? Words.octets(layer.range.count) + " of data" : field.meaning
  }
}
