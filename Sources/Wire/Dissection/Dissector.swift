/// Finds the layers of a frame. Whatever the octets are, the answer is layers: what can't be read carries its fault, and
/// what isn't known is shown as data with its name. It reads with the very headers that nodes read with.
public enum Dissector {
  /// Headers inside each other that are followed; the next one is refused by name.
  public static let maximumDepth = 32

  /// The layers of a frame of a capture file.
  public static func dissect(_ bytes: [UInt8], linkType: LinkType) -> Dissection {
    walk(bytes, from: .link(linkType), DissectionContext())
  }

  /// The layers of what stands behind an IP header, an opened ESP payload say. The octets begin with a header of
  /// `number`; `context` is that of the `ProtectedPart` that they came out of, so that checksums over addresses can be
  /// judged and nesting stays bounded.
  public static func dissect(
    _ bytes: [UInt8], from number: IPProtocol, context: DissectionContext = DissectionContext()
  ) -> Dissection {
    walk(bytes, from: .ip(number), context)
  }

  private static func walk(_ bytes: [UInt8], from first: Step, _ context: DissectionContext) -> Dissection {
    var walk = DissectionWalk(count: bytes.count, context: context)
    unsafe walk.run(bytes.span.bytes, from: first)
    return Dissection(bytes: bytes, layers: walk.layers, protectedParts: walk.parts)
  }

  /// What comes next.
  enum Step: Hashable {
    case link(LinkType)
    case etherType(EtherType)
    case ip(IPProtocol)
    case ppp
    case arp
    case udpPayload(UDPPorts)
    case isakmp
    case l2tp
    /// Octets that are not looked into, and what they are.
    case data(String)
    case end
  }
}

/// The state of one dissection: the layers so far, and what the next one needs to know of them.
struct DissectionWalk {
  var layers: [LayerNode] = []
  var parts: [ProtectedPart] = []
  var cursor: Cursor
  var context: DissectionContext
  /// The innermost IP datagram, header included.
  var datagram: Range<Int>
  /// Whether that datagram is all here.
  var isWhole = true
  /// Whether we are inside what an ICMP error quotes.
  var isQuotation = false
  var ports: UDPPorts?
  /// What lies behind the packets, the innermost last.
  private var trailers: [Range<Int>] = []

  init(count: Int, context: DissectionContext) {
    cursor = Cursor(end: count)
    self.context = context
    datagram = 0..<count
  }

  mutating func run(_ frame: borrowing RawSpan, from first: Dissector.Step) {
    var step = first
    while step != .end {
      let start = cursor.position
      do throws(DecodeError) {
        try countHeader(step)
        step = try take(step, frame)
      } catch {
        stop(error, at: start, frame)
        break
      }
    }
    for trailer in trailers.reversed() { layers.append(trailerLayer(frame, trailer)) }
  }

  /// Shows what could not be read: in the layer that had begun at `start`, or as a layer of its own.
  private mutating func stop(_ fault: DecodeError, at start: Int, _ frame: borrowing RawSpan) {
    if let last = layers.indices.last, layers[last].kind == fault.field.layer,
      layers[last].range.lowerBound == start
    {
      layers[last].fault = layers[last].fault ?? fault
      layers[last].fields += unread(frame, layers[last].range.upperBound)
      layers[last].range = start..<max(layers[last].range.upperBound, cursor.end)
    } else {
      layers.append(
        LayerNode(
          kind: fault.field.layer, range: start..<max(start, cursor.end), fields: unread(frame, start), fault: fault))
    }
  }

  private func unread(_ frame: borrowing RawSpan, _ start: Int) -> [FieldNode] {
    guard start < cursor.end else { return [] }
    let range = start..<cursor.end
    return [FieldNode(DataField.data, range, .bytes(frame.octets(in: range)), meaning: "could not be read")]
  }

  private mutating func countHeader(_ step: Dissector.Step) throws(DecodeError) {
    switch step {
    case .data, .link, .etherType: return
    default: break
    }
    guard context.depth < Dissector.maximumDepth else {
      throw DecodeError(
        field: FrameField.nesting.id, offset: cursor.position, fault: .bound(Dissector.maximumDepth))
    }
    context.depth += 1
  }

  private mutating func take(
    _ step: Dissector.Step, _ frame: borrowing RawSpan
  ) throws(DecodeError) -> Dissector.Step {
    switch step {
    case .link(let type): try link(type, frame)
    case .etherType(let type): self.step(for: type)
    case .ip(let number): try header(number, frame)
    case .ppp: try ppp(frame)
    case .arp: try arp(frame)
    case .udpPayload(let ports): try udpPayload(ports, frame)
    case .isakmp: isakmp(frame)
    case .l2tp: try l2tp(frame)
    case .data(let name): data(name, frame)
    case .end: .end
    }
  }

  /// Reads a header, and notes its layer.
  mutating func read<Header: WireHeader>(
    _: Header.Type, _ frame: borrowing RawSpan
  ) throws(DecodeError) -> Header {
    let start = cursor.position
    let header = try Header(reading: frame, at: &cursor)
    layers.append(LayerNode(kind: Header.layer, range: start..<cursor.position, fields: header.fields(at: start)))
    return header
  }

  /// Notes a part that the header just read protects; `start` is where that header begins.
  mutating func protect(_ kind: ProtectedPart.Kind, from start: Int) {
    parts.append(
      ProtectedPart(
        kind: kind, range: start..<cursor.end, datagram: datagram, layer: layers.count - 1, context: context,
        ports: ports, isWhole: isWhole && !isQuotation))
  }

  /// Holds the rest to `count` octets; what lies behind them is a trailer.
  mutating func hold(to count: Int) {
    let end = cursor.position + count
    guard end < cursor.end else { return }
    trailers.append(end..<cursor.end)
    cursor.end = end
  }

  /// What is left, unopened.
  mutating func data(_ name: String, _ frame: borrowing RawSpan) -> Dissector.Step {
    let range = cursor.position..<cursor.end
    if !range.isEmpty {
      let node = FieldNode(DataField.data, range, .bytes(frame.octets(in: range)), meaning: name)
      layers.append(LayerNode(kind: .data, range: range, fields: [node]))
    }
    cursor.position = cursor.end
    return .end
  }

  private func trailerLayer(_ frame: borrowing RawSpan, _ range: Range<Int>) -> LayerNode {
    let octets = frame.octets(in: range)
    let meaning = octets.allSatisfy { $0 == 0 } ? "padding" : "not zeros, as padding usually is"
    return LayerNode(
      kind: .frame, range: range,
      fields: [FieldNode(FrameField.trailer, range, .bytes(octets), meaning: meaning)])
  }

  /// Says on the last layer's field `name` whether its checksum is right: `sum` over all of it is then 0.
  mutating func judge(_ field: some HeaderField, sum: UInt16) {
    guard let layer = layers.indices.last,
      let index = layers[layer].fields.firstIndex(where: { $0.field == field.id })
    else { return }
    layers[layer].fields[index].meaning = sum == 0 ? "right" : "wrong"
  }

  /// Records what is wrong with the last layer without stopping.
  mutating func note(_ fault: DecodeError) {
    guard let layer = layers.indices.last, layers[layer].fault == nil else { return }
    layers[layer].fault = fault
  }
}
