// +---------------------------------------------------------------+
// |                  Destination (6 octets)                       |  0
// |                  Source (6 octets)                            |  6
// +-------------------------------+---+-+-------------------------+
// |  TPID 0x8100 or 0x88A8        |PCP|D|  VLAN ID                |  12, once for each tag
// +-------------------------------+---+-+-------------------------+
// |  EtherType, or length         |                                  12 + 4 * tags
// +-------------------------------+   IEEE 802.3, IEEE 802.1Q

/// A VLAN tag. IEEE 802.1Q §9.6.
public struct VLANTag: Hashable, Sendable {
  /// The EtherType that says that a tag follows.
  public var type: EtherType
  /// Priority (3 bits), drop eligible (1 bit), VLAN (12 bits).
  public var control: UInt16

  public init(type: EtherType = .vlan, control: UInt16) {
    self.type = type
    self.control = control
  }

  /// Which VLAN.
  public var identifier: UInt16 { control & 0x0FFF }
}

/// The header of an Ethernet frame, VLAN tags included. IEEE 802.3 §3.
public struct EthernetHeader: WireHeader {
  public static let layer = LayerKind.ethernet

  /// Whom the frame is for.
  public var destination: HardwareAddress
  /// Who sent it on this link.
  public var source: HardwareAddress
  /// VLAN tags, the outermost first; eight at most are read.
  public var tags: [VLANTag]
  /// What follows, or how much.
  public var type: EtherType

  public init(destination: HardwareAddress, source: HardwareAddress, tags: [VLANTag] = [], type: EtherType) {
    self.destination = destination
    self.source = source
    self.tags = tags
    self.type = type
  }

  /// Reads the header at the cursor and leaves the cursor behind the EtherType.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(14, [(Field.destination, 6), (.source, 6), (.type, 2)])
    destination = frame.hardwareAddress(at: cursor.position)
    source = frame.hardwareAddress(at: cursor.position + 6)
    cursor.position += 12
    tags = []
    type = EtherType(rawValue: try cursor.uint16(frame, Field.type))
    while type.isTag {
      guard tags.count < 8 else {
        throw DecodeError(field: Field.vlanTag.id, offset: cursor.position, fault: .bound(8))
      }
      tags.append(VLANTag(type: type, control: try cursor.uint16(frame, Field.vlanTag)))
      type = EtherType(rawValue: try cursor.uint16(frame, Field.type))
    }
  }

  public var encodedLength: Int { 14 + 4 * tags.count }

  public func write(to writer: inout ByteWriter) {
    writer.append(destination)
    writer.append(source)
    for tag in tags {
      writer.append(tag.type.rawValue)
      writer.append(tag.control)
    }
    writer.append(type.rawValue)
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.address(.destination, 0, destination)
    list.address(.source, 6, source)
    let first = tags.first?.type ?? type
    list.number(first.isLength ? .length : .type, 12, 2, first.rawValue)
    for (index, tag) in tags.enumerated() {
      let next = index + 1 < tags.count ? tags[index + 1].type : type
      addTag(tag, next, 14 + 4 * index, offset, to: &list)
    }
    return tags.count > 1 ? list.nodes.numbered() : list.nodes
  }

  /// A tag and what follows it. Wireshark names the fields of provider tags otherwise.
  private func addTag(
    _ tag: VLANTag, _ next: EtherType, _ start: Int, _ offset: Int, to list: inout FieldList<Field>
  ) {
    let variant: UInt8 = tag.type == .vlan ? 0 : 1
    var parts = FieldList<Field>(at: offset + start, capacity: 4)
    parts.number(.priority, 0, 1, tag.control >> 13, bits: 0..<3, variant: variant)
    parts.flag(.dropEligible, 0, bit: 3, tag.control & 0x1000 != 0, variant: variant)
    parts.number(.vlanIdentifier, 0, 2, tag.identifier, bits: 4..<16, variant: variant)
    parts.number(.taggedType, 2, 2, next.rawValue, variant: variant)
    list.group(.vlanTag, start, 4, UInt64(tag.identifier), children: parts.nodes)
  }

  /// The fields of the header.
  public enum Field: UInt8, TabledField {
    case destination, source, type, length, vlanTag, priority, dropEligible, vlanIdentifier, taggedType

    public static let layer = LayerKind.ethernet

    /// 1 for the fields of provider tags, which Wireshark names otherwise.
    public func text(variant: UInt8) -> FieldText { variant == 0 ? text : text.filter(nil) }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .type: EtherType.meaning(value)
      case .taggedType where value > 1500: EtherType.meaning(value)
      case .vlanTag: "VLAN \(value)"
      default: ""
      }
    }

    public var text: FieldText {
      let section = "IEEE 802.3 §3.2"
      let tagging = "IEEE 802.1Q §9.6"
      return switch self {
      case .destination:
        FieldText("destination", "Destination", section, "eth.dst", "Which interface the frame is for.")
      case .source: FieldText("source", "Source", section, "eth.src", "Which interface sent it.")
      case .type: FieldText("type", "EtherType", section, "eth.type", "What the frame carries.")
      case .length: FieldText("length", "Length", section, "eth.len", "How much the frame carries.")
      case .vlanTag: FieldText("vlanTag", "VLAN tag", tagging, nil, "Which virtual LAN the frame belongs to.")
      case .priority: FieldText("priority", "PCP", tagging, "vlan.priority", "How urgent the frame is.")
      case .dropEligible: FieldText("dropEligible", "DEI", tagging, "vlan.dei", "May be dropped first.")
      case .vlanIdentifier: FieldText("vlanIdentifier", "VID", tagging, "vlan.id", "The number of the virtual LAN.")
      case .taggedType: FieldText("type", "EtherType", tagging, "vlan.etype", "What follows the tag.")
      }
    }
  }
}
