extension L2TPHeader {
  /// The fields of a message. RFC 2661 §3.1, §4.1.
  public enum Field: UInt8, TabledField {
    case flags, type, lengthPresent, sequencePresent, offsetPresent, priority, version
    case length, tunnelID, sessionID, sent, expected, offsetSize, offsetPad
    case attributeValuePair, mandatory, hidden, attributeLength, vendorID, attributeType, attributeValue

    public static let layer = LayerKind.l2tp

    /// An attribute type of a vendor's list has the variant 1.
    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .type: value == 1 ? "control" : "data"
      case .attributeType: (variant == 0 ? L2TPAttributeValuePair.name(of: value) : nil) ?? "unknown"
      case .attributeValuePair: L2TPAttributeValuePair.name(of: value) ?? "unknown"
      default: ""
      }
    }

    public var text: FieldText {
      let header = "RFC 2661 §3.1"
      let pair = "RFC 2661 §4.1"
      return switch self {
      case .flags: FieldText("flags", "Flags and Version", header, "l2tp.flags", "Which fields there are.")
      case .type: FieldText("type", "Type (T) bit", header, "l2tp.type", "1 for control, 0 for data.")
      case .lengthPresent: FieldText("lengthPresent", "Length (L) bit", header, "l2tp.length_bit", "A length follows.")
      case .sequencePresent:
        FieldText("sequencePresent", "Sequence (S) bit", header, "l2tp.seq_bit", "Ns and Nr follow.")
      case .offsetPresent:
        FieldText("offsetPresent", "Offset (O) bit", header, "l2tp.offset_bit", "An offset size follows.")
      case .priority: FieldText("priority", "Priority (P) bit", header, "l2tp.priority", "To be sent before others.")
      case .version: FieldText("version", "Ver", header, "l2tp.version", "2 for this L2TP.")
      case .length: FieldText("length", "Length", header, "l2tp.length", "Octets of the whole message.")
      case .tunnelID: FieldText("tunnelID", "Tunnel ID", header, "l2tp.tunnel", "Which tunnel of the receiver's.")
      case .sessionID: FieldText("sessionID", "Session ID", header, "l2tp.session", "Which call in the tunnel.")
      case .sent: FieldText("ns", "Ns", header, "l2tp.Ns", "The number of this message.")
      case .expected: FieldText("nr", "Nr", header, "l2tp.Nr", "The next number that the sender expects.")
      case .offsetSize: FieldText("offsetSize", "Offset Size", header, "l2tp.offset", "Octets to skip.")
      case .offsetPad: FieldText("offsetPad", "Offset Pad", header, nil, "What is skipped.")
      case .attributeValuePair:
        FieldText("attributeValuePair", "AVP", pair, nil, "One thing that a control message says.")
      case .mandatory:
        FieldText(
          "mandatory", "Mandatory (M) bit", pair, "l2tp.avp.mandatory", "Who does not know this AVP must hang up.")
      case .hidden:
        FieldText("hidden", "Hidden (H) bit", pair, "l2tp.avp.hidden", "The value is hidden with the shared secret.")
      case .attributeLength:
        FieldText("length", "Length", pair, "l2tp.avp.length", "Octets of the AVP, these six included.")
      case .vendorID:
        FieldText("vendorID", "Vendor ID", pair, "l2tp.avp.vendor_id", "Whose list of types; 0 the IETF's.")
      case .attributeType: FieldText("type", "Attribute Type", pair, "l2tp.avp.type", "What it is.")
      case .attributeValue: FieldText("value", "Attribute Value", pair, nil, "What is said.")
      }
    }
  }
}

/// One attribute-value pair of a control message. RFC 2661 §4.1.
public struct L2TPAttributeValuePair: Hashable, Sendable {
  /// M: who does not know the attribute must close the session or tunnel.
  public var isMandatory: Bool
  /// H: the value is hidden.
  public var isHidden: Bool
  /// Whose list the type is from; 0 the IETF's.
  public var vendorID: UInt16
  /// Which attribute.
  public var type: UInt16
  /// Its value.
  public var value: [UInt8]

  public init(isMandatory: Bool, isHidden: Bool = false, vendorID: UInt16 = 0, type: UInt16, value: [UInt8]) {
    self.isMandatory = isMandatory
    self.isHidden = isHidden
    self.vendorID = vendorID
    self.type = type
    self.value = value
  }

  /// Reads the pair at the cursor. RFC 2661 §4.1.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    typealias Field = L2TPHeader.Field
    try cursor.requireFixed(6, [(Field.attributeLength, 2), (.vendorID, 2), (.attributeType, 2)])
    let start = cursor.position
    let flags = frame.uint16(at: start)
    let length = Int(flags & 0x03FF)
    guard (6...cursor.remaining).contains(length) else {
      throw Field.attributeLength.invalidLength(length, limit: cursor.remaining, at: start)
    }
    isMandatory = flags & 0x8000 != 0
    isHidden = flags & 0x4000 != 0
    vendorID = frame.uint16(at: start + 2)
    type = frame.uint16(at: start + 4)
    cursor.position += 6
    value = try cursor.octets(length - 6, frame, Field.attributeValue)
  }

  /// Appends the pair; a value longer than 1,017 octets does not fit its length and is cut off.
  public func write(to writer: inout ByteWriter) {
    let kept = value.prefix(0x3FF - 6)
    writer.append((isMandatory ? 0x8000 : 0) | (isHidden ? 0x4000 : 0) | UInt16(kept.count + 6))
    writer.append(vendorID)
    writer.append(type)
    writer.append(kept)
  }

  /// Octets that `write(to:)` appends.
  public var encodedLength: Int { min(0x3FF, value.count + 6) }

  /// The pair as one field with its parts inside.
  public func node(at offset: Int) -> FieldNode {
    var list = FieldList<L2TPHeader.Field>(at: offset)
    list.flag(.mandatory, 0, bit: 0, isMandatory)
    list.flag(.hidden, 0, bit: 1, isHidden)
    list.number(.attributeLength, 0, 2, encodedLength, bits: 6..<16)
    list.number(.vendorID, 2, 2, vendorID)
    list.number(.attributeType, 4, 2, type, variant: vendorID == 0 ? 0 : 1)
    list.octets(.attributeValue, 6, value, meaning: valueMeaning)
    return FieldNode(
      L2TPHeader.Field.attributeValuePair.id, offset..<offset + encodedLength, .group,
      UInt64(vendorID) << 16 | UInt64(type), attachment: .children(list.nodes))
  }

  /// The attribute's name, `nil` for one that we do not know.
  public var name: String? {
    vendorID == 0 ? Self.name(of: UInt64(type)) : nil
  }

  /// The name of one of the IETF's attributes; any number with a vendor's in front is none of them.
  fileprivate static func name(of type: UInt64) -> String? {
    type < UInt64(names.count) ? names[Int(type)] : nil
  }

  private var valueMeaning: String {
    guard vendorID == 0, type == 0, !isHidden, value.count == 2 else { return "" }
    let code = Int(value[0]) << 8 | Int(value[1])
    return code < Self.messageNames.count ? Self.messageNames[code] : "unknown"
  }

  private static let names = [
    "Message Type", "Result Code", "Protocol Version", "Framing Capabilities", "Bearer Capabilities", "Tie Breaker",
    "Firmware Revision", "Host Name", "Vendor Name", "Assigned Tunnel ID", "Receive Window Size", "Challenge",
    "Q.931 Cause Code", "Challenge Response", "Assigned Session ID", "Call Serial Number", "Minimum BPS",
    "Maximum BPS", "Bearer Type", "Framing Type", "attribute 20", "Called Number", "Calling Number", "Sub-Address",
    "(Tx) Connect Speed", "Physical Channel ID", "Initial Received LCP CONFREQ", "Last Sent LCP CONFREQ",
    "Last Received LCP CONFREQ", "Proxy Authen Type", "Proxy Authen Name", "Proxy Authen Challenge",
    "Proxy Authen ID", "Proxy Authen Response", "Call Errors", "ACCM", "Random Vector", "Private Group ID",
    "Rx Connect Speed", "Sequencing Required",
  ]

  private static let messageNames = [
    "reserved", "SCCRQ", "SCCRP", "SCCCN", "StopCCN", "reserved", "HELLO", "OCRQ", "OCRP", "OCCN", "ICRQ", "ICRP",
    "ICCN", "reserved", "CDN", "WEN", "SLI",
  ]
}
