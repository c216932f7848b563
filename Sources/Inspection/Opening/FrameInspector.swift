import IPsec
import Units
import Wire

/// Opens the frames of a capture or a run one after the other, as far as the keys go, and says of every protected part
/// whether it is what it claims to be. It remembers what later frames need: fragments, and how ISAKMP messages are
/// encrypted; so frames have to come in their order.
public struct FrameInspector {
  private let associations: AssociationTable
  private var isakmp: ISAKMPDecryptor
  private var fragments = FragmentStore()
  /// Of the last frame that had a time.
  private var now = Instant.zero
  private let showsChecks: Bool

  /// `showsChecks` asks for what each ICV was computed over, ``Protection/check``.
  public init(keys: KeyRing = KeyRing(), showsChecks: Bool = false) {
    associations = AssociationTable(keys.associations)
    isakmp = ISAKMPDecryptor(keys.isakmpKeys)
    self.showsChecks = showsChecks
  }

  /// Inspects a frame of a capture file. `interface` is the name of where it was captured.
  public mutating func inspect(_ frame: CapturedFrame, interface: String? = nil) -> FrameReport {
    let report = FrameReport(
      number: frame.number, nanoseconds: frame.nanoseconds, length: frame.originalLength, interface: interface,
      comments: frame.comments)
    return inspect(frame.bytes, linkType: frame.linkType, into: report)
  }

  /// Inspects the octets of a frame about which `report` says the rest.
  public mutating func inspect(_ octets: [UInt8], linkType: LinkType, into report: FrameReport) -> FrameReport {
    var report = report
    if let nanoseconds = report.nanoseconds { now = Instant(nanoseconds: UInt64(clamping: nanoseconds)) }
    let dissection = Dissector.dissect(octets, linkType: linkType)
    absorb(Opened(dissection: dissection, bytes: octets, origin: .frame), into: &report)
    return report
  }
}

/// A buffer that was opened, on its way into the report.
private struct Opened {
  var dissection: Dissection
  /// What views show: for ESP the trailer as well.
  var bytes: [UInt8]
  var origin: ReportBuffer.Origin
  /// Layers that the report has already.
  var knownLayers = 0
  /// The IP header that stands in front of the buffer, for AH in it.
  var header: ArraySlice<UInt8>?
  var isUntrusted = false
}

extension FrameInspector {
  /// Puts the layers of a buffer into the report, and opens what is protected in it.
  private mutating func absorb(_ opened: Opened, into report: inout FrameReport) {
    let buffer = report.buffers.count
    report.buffers.append(ReportBuffer(bytes: opened.bytes, origin: opened.origin))
    let layers = opened.dissection.layers
    let trailers = layers.reversed().prefix { $0.kind == .frame && $0.fault == nil }.count
    let place = FragmentPlace(opened.dissection)
    let end = place.map { $0.lastLayer + 1 } ?? layers.count - trailers
    let base = report.layers.count - opened.knownLayers
    for layer in layers[min(opened.knownLayers, end)..<end] {
      report.layers.append(LayerReport(node: layer, buffer: buffer, isUntrusted: opened.isUntrusted))
    }
    if let place {
      absorbFragment(opened, place, buffer, into: &report)
    } else {
      learn(opened)
      protect(opened, base, into: &report)
    }
    for layer in layers[(layers.count - trailers)...] {
      report.layers.append(LayerReport(node: layer, buffer: buffer, isUntrusted: opened.isUntrusted))
    }
  }

  /// A fragment shows its data; the one that makes the datagram whole shows what is in the datagram.
  private mutating func absorbFragment(
    _ opened: Opened, _ place: FragmentPlace, _ buffer: Int, into report: inout FrameReport
  ) {
    let last = opened.dissection.layers[place.lastLayer].range.upperBound
    let end = max(
      last,
      opened.dissection.layers[(place.lastLayer + 1)...].filter { $0.kind != .frame }
        .map(\.range.upperBound).max() ?? last)
    let isTooDeep = report.buffers.count >= Dissector.maximumDepth
    let whole =
      isTooDeep ? nil : fragments.accept(opened.dissection, place, frame: report.number, at: now)
    guard let whole else {
      let octets = Array(opened.dissection.bytes[last..<end])
      guard !octets.isEmpty else { return }
      let node = FieldNode(
        DataField.data, last..<end, .bytes(octets),
        meaning: isTooDeep
          ? "a fragment, further inside of others than Lockstep follows"
          : "a fragment: with it the datagram is not whole yet")
      report.layers.append(
        LayerReport(
          node: LayerNode(kind: .data, range: last..<end, fields: [node]), buffer: buffer,
          isUntrusted: opened.isUntrusted))
      return
    }
    let dissection = Dissector.dissect(whole.octets, from: place.isIPv6 ? .ipv6 : .ipv4)
    absorb(
      Opened(
        dissection: dissection, bytes: whole.octets, origin: .reassembled(frames: whole.frames),
        knownLayers: whole.knownLayers, isUntrusted: opened.isUntrusted),
      into: &report)
  }

  /// Reads what the clear ISAKMP messages of a buffer say about the encrypted ones to come.
  private mutating func learn(_ opened: Opened) {
    for layer in opened.dissection.layers where layer.kind == .isakmp && layer.fault == nil {
      isakmp.observe(opened.dissection.bytes, layer.range)
    }
  }

  /// Verifies and opens the protected parts of a buffer, the outermost first.
  private mutating func protect(_ opened: Opened, _ base: Int, into report: inout FrameReport) {
    for part in opened.dissection.protectedParts {
      let index = base + part.layer
      guard report.layers.indices.contains(index) else { continue }
      guard part.isWhole else {
        report.layers[index].protection = Protection(verdict: nil, reason: "not all of the packet is here")
        continue
      }
      switch part.kind {
      case .ah(let header): verify(header, part, opened, index, &report)
      case .esp(let header): open(header, part, opened, index, &report)
      case .ipcomp(let header): unpack(header, part, opened, index, &report)
      case .isakmp(let body): openISAKMP(part, body, opened, index, &report)
      }
    }
  }

  // MARK: - AH

  private func verify(
    _ ah: AuthenticationHeader, _ part: ProtectedPart, _ opened: Opened, _ index: Int, _ report: inout FrameReport
  ) {
    let candidates = associations.matching(.ah, ah.spi, part.context)
    guard let header = Self.header(part, opened) else {
      report.layers[index].protection = Protection(verdict: nil, reason: "the IP header in front of it is not here")
      return
    }
    let rest = opened.dissection.bytes[part.range]
    let outcomes = candidates.lazy.map { $0.verifyAH(ah, header: header, rest: rest, showsCheck: showsChecks) }
    let protection = outcomes.first { $0.verdict == .ok } ?? outcomes.first ?? keyless(ah, part, header, rest)
    report.layers[index].protection = protection
    guard protection.verdict == .bad else { return }
    for later in report.layers.indices where later > index { report.layers[later].isUntrusted = true }
  }

  /// Nobody told the key; what the ICV covers can be said all the same.
  private func keyless(
    _ ah: AuthenticationHeader, _ part: ProtectedPart, _ header: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>
  ) -> Protection {
    var protection = Protection(verdict: .noKey, reason: Self.missing("AH", ah.spi, part))
    let length = ah.integrityCheckValue.count
    if showsChecks, let covered = try? AuthenticatedOctets(header: header, rest: rest, icvLength: length) {
      protection.check = IntegrityCheck(covered, icvLength: length)
    }
    return protection
  }

  /// The IP header in front of a part, with extension headers, without the security headers between: those were put
  /// there later, by whoever tunnels or bundles.
  private static func header(_ part: ProtectedPart, _ opened: Opened) -> ArraySlice<UInt8>? {
    let layers = opened.dissection.layers
    let hasHeader = layers[..<part.layer].contains {
      ($0.kind == .ipv4 || $0.kind == .ipv6) && $0.range.lowerBound == part.datagram.lowerBound
    }
    guard hasHeader else { return opened.header }
    let start = opened.dissection.protectedParts.first { $0.datagram == part.datagram }?.range.lowerBound
    return opened.dissection.bytes[part.datagram.lowerBound..<(start ?? part.range.lowerBound)]
  }

  private static func missing(_ name: String, _ spi: UInt32, _ part: ProtectedPart) -> String {
    let digits = String(spi, radix: 16)
    let padded = String(repeating: "0", count: 8 - digits.count) + digits
    return "no key for \(name) with the SPI 0x\(padded) to \(part.context.destination.map { "\($0)" } ?? "?")"
  }

  // MARK: - ESP

  private mutating func open(
    _ header: ESPHeader, _ part: ProtectedPart, _ opened: Opened, _ index: Int, _ report: inout FrameReport
  ) {
    guard var outcome = outcome(header, part, opened) else {
      report.layers[index].protection = Protection(
        verdict: .noKey, reason: Self.missing("ESP", header.spi, part))
      return
    }
    let isUntrusted = report.layers[index].isUntrusted || outcome.protection.verdict == .bad
    Self.divide(&report.layers[index].node, outcome, opened.dissection.bytes, part.range)
    guard let plaintext = outcome.plaintext else {
      report.layers[index].protection = outcome.protection
      return
    }
    outcome.protection.opened = report.buffers.count
    report.layers[index].protection = outcome.protection
    let dissection = Dissector.dissect(
      Array(plaintext[..<outcome.payloadLength]), from: outcome.nextHeader, context: part.context)
    absorb(
      Opened(
        dissection: dissection, bytes: plaintext, origin: .decrypted(layer: index),
        header: Self.header(part, opened), isUntrusted: isUntrusted),
      into: &report)
  }

  /// What the first association says with which the packet goes, or the first at all.
  private func outcome(_ header: ESPHeader, _ part: ProtectedPart, _ opened: Opened) -> ESPOutcome? {
    var first: ESPOutcome?
    for candidate in associations.matching(.esp, header.spi, part.context) {
      let outcome = candidate.openESP(opened.dissection.bytes, part.range, showsCheck: showsChecks)
      if outcome.protection.verdict == .ok { return outcome }
      if first == nil { first = outcome }
    }
    return first
  }

  /// Divides the payload field of an ESP layer, which covered all behind the header, into IV, ciphertext and ICV.
  private static func divide(_ node: inout LayerNode, _ outcome: ESPOutcome, _ bytes: [UInt8], _ range: Range<Int>) {
    let start = range.lowerBound + 8
    let ciphertext = start + outcome.vectorLength..<range.upperBound - outcome.icvLength
    guard outcome.vectorLength + outcome.icvLength > 0, !ciphertext.isEmpty,
      let last = node.fields.last, last.range == start..<range.upperBound
    else { return }
    node.fields.removeLast()
    for (field, part) in [
      (ESPHeader.Field.initializationVector, start..<ciphertext.lowerBound), (.payloadData, ciphertext),
      (.integrityCheckValue, ciphertext.upperBound..<range.upperBound),
    ] where !part.isEmpty {
      node.fields.append(FieldNode(field, part, .bytes(Array(bytes[part]))))
    }
  }

  // MARK: - IPComp and ISAKMP

  /// IPComp needs no key: it is DEFLATE, unless the CPI is the well-known number of another algorithm. RFC 2393 §3.3.
  private mutating func unpack(
    _ header: IPCompHeader, _ part: ProtectedPart, _ opened: Opened, _ index: Int, _ report: inout FrameReport
  ) {
    let bytes = opened.dissection.bytes
    do throws(Deflate.Fault) {
      let octets = try Deflate.inflate(bytes, part.range.lowerBound + header.encodedLength..<part.range.upperBound)
      if report.layers.last?.node.kind == .data, report.layers.count > index + 1 { report.layers.removeLast() }
      report.layers[index].protection = Protection(
        verdict: .ok, reason: "unpacked to \(octets.count) octets; there is no ICV", opened: report.buffers.count)
      let isUntrusted = report.layers[index].isUntrusted
      let dissection = Dissector.dissect(octets, from: header.nextHeader, context: part.context)
      absorb(
        Opened(
          dissection: dissection, bytes: octets, origin: .unpacked(layer: index), header: Self.header(part, opened),
          isUntrusted: isUntrusted),
        into: &report)
    } catch {
      report.layers[index].protection =
        header.foreignAlgorithm.map { Protection(verdict: .noKey, reason: "Lockstep does not have \($0)") }
        ?? Protection(verdict: .bad, reason: "what is packed is not DEFLATE (RFC 2394): \(error.words)")
    }
  }

  private mutating func openISAKMP(
    _ part: ProtectedPart, _ body: Int, _ opened: Opened, _ index: Int, _ report: inout FrameReport
  ) {
    var (protection, plaintext) = isakmp.open(opened.dissection.bytes, part.range, body: body)
    if let plaintext {
      protection.opened = report.buffers.count
      report.buffers.append(ReportBuffer(bytes: plaintext, origin: .decrypted(layer: index)))
    }
    report.layers[index].protection = protection
  }
}
