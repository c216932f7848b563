import Inspection
import Journal
import Wire

/// The layers of a packet as an indented list: each field with its octets' place, its value and what that means.
public struct LayerTree: Sendable {
  /// How much is shown.
  public struct Options: Hashable, Sendable {
    /// What a field is for, and where it is specified.
    public var explains: Bool
    /// The octets of each buffer behind its layers.
    public var showsBytes: Bool
    /// What each ICV was computed over, where the report has it: ``Inspection/FrameInspector/init(keys:showsChecks:)``.
    public var showsICV: Bool

    public init(explains: Bool = false, showsBytes: Bool = true, showsICV: Bool = false) {
      self.explains = explains
      self.showsBytes = showsBytes
      self.showsICV = showsICV
    }
  }

  private let options: Options
  private let style: Style

  public init(_ options: Options = Options(), style: Style = .plain) {
    self.options = options
    self.style = style
  }

  /// A packet of a run, from what was on the link to what was inside.
  public func lines(_ inspection: PacketInspection, _ glossary: RunGlossary) -> [String] {
    let origin = "packet \(inspection.packet.id.rawValue), made by \(glossary.name(of: inspection.packet.creator))"
    var lines = [
      style.paint(
        "entry \(inspection.entry.id.rawValue), \(Words.instant(inspection.entry.instant)): \(origin), "
          + Words.octets(inspection.report.length), as: .heading)
    ]
    lines += self.lines(inspection.report) { layer in
      inspection.associations.first { $0.layer == layer }.map { associationLines($0, glossary) } ?? []
    }
    return lines
  }

  /// A frame: every buffer with its layers, and its octets.
  public func lines(_ report: FrameReport) -> [String] { lines(report) { _ in [] } }

  private func lines(_ report: FrameReport, association: (Int) -> [String]) -> [String] {
    var lines: [String] = []
    for (index, buffer) in report.buffers.enumerated() {
      if index > 0 { lines.append("") }
      lines.append(style.paint("── \(Self.title(buffer, report))", as: .heading))
      for (place, layer) in report.layers.enumerated() where layer.buffer == index {
        lines += self.lines(layer)
        guard let protection = layer.protection else { continue }
        lines += verdictLines(protection)
        lines += association(place)
        if options.showsICV { lines += IntegrityView(layer, style)?.lines() ?? [] }
      }
      // What belongs to an outer layer and lies in this buffer: ESP's trailer, the payloads of an ISAKMP message.
      for layer in report.layers where layer.protection?.opened == index {
        lines += self.openedLines(layer)
      }
      if options.showsBytes { lines += HexView(buffer.bytes).lines(style).map { "  " + $0 } }
    }
    return lines
  }

  private static func title(_ buffer: ReportBuffer, _ report: FrameReport) -> String {
    let length = Words.octets(buffer.bytes.count)
    switch buffer.origin {
    case .frame: return "as it is on the link, \(length)"
    case .reassembled(let frames): return "put together from \(Words.count(frames.count, "fragment")), \(length)"
    case .decrypted(let layer): return "decrypted out of \(name(layer, report)), \(length)"
    case .unpacked(let layer): return "unpacked out of \(name(layer, report)), \(length)"
    }
  }

  private static func name(_ layer: Int, _ report: FrameReport) -> String {
    report.layers.indices.contains(layer) ? report.layers[layer].node.kind.title : "a layer"
  }

  // MARK: Layers and fields

  private func lines(_ layer: LayerReport) -> [String] {
    let untrusted = layer.isUntrusted ? "  (nobody vouches for it)" : ""
    var lines = [style.paint(layer.node.kind.title + untrusted, as: .name) + "  " + FieldPlace.text(layer.node.range)]
    for field in layer.node.fields { lines += self.lines(field, depth: 1) }
    if let fault = layer.node.fault { lines.append("  " + style.paint("malformed: \(fault)", as: .bad)) }
    return lines
  }

  private func openedLines(_ layer: LayerReport) -> [String] {
    guard let fields = layer.protection?.openedFields, !fields.isEmpty else { return [] }
    let title = layer.node.kind == .isakmp ? "\(layer.node.kind.title) payloads" : "\(layer.node.kind.title) trailer"
    return [style.paint(title, as: .name)] + fields.flatMap { lines($0, depth: 1) }
  }

  private func lines(_ field: FieldNode, depth: Int) -> [String] {
    let indent = String(repeating: "  ", count: depth)
    let value = Self.value(field)
    let meaning = field.meaning.isEmpty || field.meaning == value ? "" : "  (\(field.meaning))"
    let name = (indent + field.title).padded(to: 34)
    let text = "\(FieldPlace.text(field.range, bits: field.bits).padded(to: 17))\(name)\(value)\(meaning)"
    var lines = [style.show("  " + text.trimmingBlanks)]
    if options.explains, !field.explanation.isEmpty {
      lines.append(
        style.paint(
          String(repeating: " ", count: 19 + 2 * depth) + "\(field.explanation) \(field.citation)", as: .muted))
    }
    for child in field.children { lines += self.lines(child, depth: depth + 1) }
    return lines
  }

  private static func value(_ field: FieldNode) -> String {
    switch field.value {
    case .unsigned(let number): "\(number)"
    case .boolean(let isSet): isSet ? "1, set" : "0, not set"
    case .text(let text): text
    case .bytes(let octets): Words.excerpt(octets)
    case .group: ""
    }
  }

  // MARK: Protection

  private func verdictLines(_ protection: Protection) -> [String] {
    let reason = protection.reason.isEmpty ? "" : ": \(protection.reason)"
    let line: String
    switch protection.verdict {
    case .ok:
      line = style.paint(reason.isEmpty ? "ok: it opens with the key" : "ok\(reason)", as: .good)
    case .bad: line = style.paint("bad\(reason)", as: .bad)
    case .noKey: line = style.paint("no key\(reason)", as: .bad)
    case nil: line = style.paint("no verdict\(reason)", as: .muted)
    }
    let origin = protection.origin.map { style.show("  by the keys of \($0)") } ?? ""
    return ["  " + style.paint("verdict ", as: .heading) + line + origin]
  }

  /// Of a bundle's associations the innermost goes without saying.
  private static func bundleWords(_ association: AssociationDescription) -> String {
    association.layer == 0 ? "" : ", association \(UInt64(association.layer) + 1) of its bundle from the inside"
  }

  private func associationLines(
    _ layer: PacketInspection.LayerAssociation, _ glossary: RunGlossary
  ) -> [String] {
    let association = layer.description
    var rows = [
      (
        "association",
        "\(association.name.words) to \(glossary.party(association.name.destination)) (entry \(layer.installed.rawValue))"
      ),
      ("policy", association.policy + Self.bundleWords(association)), ("may carry", association.selector),
      ("terms", association.terms),
    ]
    if !association.cipherKey.isEmpty { rows.append(("cipher key", Words.excerpt(association.cipherKey))) }
    if !association.integrityKey.isEmpty {
      rows.append(("authenticator key", Words.excerpt(association.integrityKey, limit: 64)))
    }
    return rows.map { style.show("    \($0.0.padded(to: 18))\($0.1)") }
  }
}

extension String {
  /// The text without blanks at its end.
  fileprivate var trimmingBlanks: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

extension LayerKind {
  /// What people call the layer: `IPv4`, `ESP`.
  public var title: String {
    switch self {
    case .frame: "Frame"
    case .ethernet: "Ethernet"
    case .linuxCooked: "Linux cooked capture"
    case .ppp: "PPP"
    case .arp: "ARP"
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    case .ipv6HopByHop: "IPv6 hop-by-hop options"
    case .ipv6Routing: "IPv6 routing header"
    case .ipv6Fragment: "IPv6 fragment header"
    case .ipv6DestinationOptions: "IPv6 destination options"
    case .icmp: "ICMP"
    case .icmpv6: "ICMPv6"
    case .udp: "UDP"
    case .tcp: "TCP"
    case .ah: "AH"
    case .esp: "ESP"
    case .ipcomp: "IPComp"
    case .gre: "GRE"
    case .l2tp: "L2TP"
    case .nonESPMarker: "Non-ESP marker"
    case .natKeepalive: "NAT keepalive"
    case .isakmp: "ISAKMP"
    case .dns: "DNS"
    case .rip: "RIP"
    case .data: "Data"
    case .loopback: "Loopback"
    case .pppControl: "PPP control"
    }
  }
}
