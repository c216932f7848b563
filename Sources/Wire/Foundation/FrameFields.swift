/// What there is to say about a frame as a whole.
public enum FrameField: UInt8, TabledField {
  case linkType, nesting, trailer, direction

  public static let layer = LayerKind.frame

  public func meaning(of value: UInt64, variant: UInt8) -> String {
    switch self {
    case .direction: value == 0 ? "received" : "sent"
    default: ""
    }
  }

  public var text: FieldText {
    switch self {
    case .linkType:
      FieldText("linkType", "Link type", "tcpdump.org linktypes", nil, "What the frames of a capture file begin with.")
    case .nesting:
      FieldText("nesting", "Nesting", "Lockstep", nil, "How many headers lie inside each other.")
    case .direction:
      FieldText(
        "direction", "Direction", "tcpdump.org LINKTYPE_PPP_WITH_DIR", "ppp.direction", "Received (0) or sent.")
    case .trailer:
      FieldText(
        "trailer", "Trailer", "IEEE 802.3 §3.2", nil,
        "Octets behind the packet: the link's padding up to its shortest frame, or what somebody hid there.")
    }
  }
}

/// Octets that are shown as they are.
public enum DataField: UInt8, TabledField {
  case data

  public static let layer = LayerKind.data

  public var text: FieldText {
    FieldText("data", "Data", "Lockstep", nil, "Octets that are not looked into.")
  }
}
