/// Finds the layers of a frame. Whatever the octets are, the answer is layers: what can't be read carries its fault, and
/// what isn't known is shown as data with its name. It reads with the very headers that nodes read with.
public enum Dissector {
  /// Headers inside each other that are followed; the next one is refused by name.
  public static let maximumDepth = 32

  /// The layers of a frame of a capture file.
  public static func dissect(
    _ bytes: [UInt8], linkType: LinkType, detail: DissectionDetail = .fields
  ) -> Dissection {
    walk(bytes, from: .link(linkType), DissectionContext(), detail)
  }

  /// The layers of what stands behind an IP header, an opened ESP payload say. The octets begin with a header of
  /// `number`; `context` is that of the `ProtectedPart` that they came out of, so that checksums over addresses can be
  /// judged and nesting stays bounded.
  public static func dissect(
    _ bytes: [UInt8], from number: IPProtocol, context: DissectionContext = DissectionContext(),
    detail: DissectionDetail = .fields
  ) -> Dissection {
    walk(bytes, from: .ip(number), context, detail)
  }

  private static func walk(
    _ bytes: [UInt8], from first: Step, _ context: DissectionContext, _ detail: DissectionDetail
  ) -> Dissection {
    var walk = DissectionWalk(bytes, context, detail)
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
  /// The whole buffer, for fields to refer to.
  let bytes: [UInt8]
  let detail: DissectionDetail
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

  init(_ bytes: [UInt8], _ context: DissectionContext, _ detail: DissectionDetail) {
    self.bytes = bytes
    self.detail = detail
    self.context = context
    cursor = Cursor(end: bytes.count)
    datagram = 0..<bytes.count
    layers.reserveCapacity(6)
  }

  mutating func run(_ frame: borrowing RawSpan, from first: Dissector.Step) {
    var step = first
    while step != .end {
      let start = cursor.position
      do throws(DecodeError) {
        try countHeader(step)
        step = try take(step, frame)
      } catch {
        stop(error, at: start)
        break
      }
    }
    for trailer in trailers.reversed() { layers.append(trailerLayer(trailer)) }
  }

  /// Shows what could not be read: in the layer that had begun at `start`, or as a layer of its own.
  private mutating func stop(_ fault: DecodeError, at start: Int) {
    if let last = layers.indices.last, layers[last].kind == fault.field.layer,
      layers[last].range.lowerBound == start
    {
      layers[last].fault = layers[last].fault ?? fault
      layers[last].fields += unread(layers[last].range.upperBound)
      layers[last].range = start..<max(layers[last].range.upperBound, cursor.end)
    } else {
      layers.append(
        LayerNode(
          kind: fault.field.layer, range: start..<max(start, cursor.end), fields: unread(start), fault: fault))
    }
  }

  private func unread(_ start: Int) -> [FieldNode] {
    guard start < cursor.end, detail == .fields else { return [] }
    return [.octets(DataField.data, start..<cursor.end, of: bytes, .unread)]
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
    layers.append(
      LayerNode(
        kind: Header.layer, range: start..<cursor.position,
        fields: detail == .fields ? header.fields(at: start) : []))
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
      layers.append(LayerNode(kind: .data, range: range, fields: detail == .fields ? [dataField(range, name)] : []))
    }
    cursor.position = cursor.end
    return .end
  }

  private func dataField(_ range: Range<Int>, _ name: String) -> FieldNode {
    FieldNode(
      DataField.data.id, range, .octets, 0, .text, attachment: .details(FieldDetails(buffer: bytes, meaning: name)))
  }

  private func trailerLayer(_ range: Range<Int>) -> LayerNode {
    guard detail == .fields else { return LayerNode(kind: .frame, range: range, fields: []) }
    let isPadding = bytes[range].allSatisfy { $0 == 0 }
    return LayerNode(
      kind: .frame, range: range,
      fields: [.octets(FrameField.trailer, range, of: bytes, isPadding ? .padding : .notPadding)])
  }

  /// Says on the last layer's field `name` whether its checksum is right: `sum` over all of it is then 0.
  mutating func judge(_ field: some HeaderField, sum: UInt16) {
    remark(field, sum == 0 ? .right : .wrong)
  }

  /// Sets what a field of the last layer means.
  mutating func remark(_ field: some HeaderField, _ remark: FieldRemark) {
    guard let layer = layers.indices.last,
      let index = layers[layer].fields.firstIndex(where: { $0.id == field.id })
    else { return }
    layers[layer].fields[index].remark(remark)
  }

  /// Records what is wrong with the last layer without stopping.
  mutating func note(_ fault: DecodeError) {
    guard let layer = layers.indices.last, layers[layer].fault == nil else { return }
    layers[layer].fault = fault
  }
}
