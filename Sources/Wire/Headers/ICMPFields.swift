extension ICMPMessage {
  /// The fields of a message; which of them there are, the type says. RFC 792.
  public enum Field: UInt8, TabledField {
    case type, code, checksum, rest
    case identifier, sequenceNumber, nextHopMTU, gatewayAddress, pointer, data

    public static let layer = LayerKind.icmp

    /// The code's variant is the type.
    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .type: ICMPType(rawValue: UInt8(truncatingIfNeeded: value)).name ?? "unknown"
      case .code: ICMPMessage.meaning(ofCode: UInt8(truncatingIfNeeded: value), ICMPType(rawValue: variant))
      case .nextHopMTU: value == 0 ? "the router does not say" : ""
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .type: FieldText("type", "Type", "RFC 792", "icmp.type", "What the message says.")
      case .code: FieldText("code", "Code", "RFC 792", "icmp.code", "Which case of it.")
      case .checksum:
        FieldText("checksum", "Checksum", "RFC 792", "icmp.checksum", "Guards the whole message against accidents.")
      case .rest: FieldText("rest", "unused", "RFC 792", nil, "Not used by this type; zero.")
      case .identifier:
        FieldText(
          "identifier", "Identifier", "RFC 792", "icmp.ident",
          "Tells apart the programs that ask: the answer carries the same.")
      case .sequenceNumber:
        FieldText("sequenceNumber", "Sequence Number", "RFC 792", "icmp.seq", "Counts the questions of one program.")
      case .nextHopMTU:
        FieldText(
          "nextHopMTU", "Next-Hop MTU", "RFC 1191 §4", "icmp.mtu",
          "The largest datagram that fits the link that was too small.")
      case .gatewayAddress:
        FieldText(
          "gatewayAddress", "Gateway Internet Address", "RFC 792", "icmp.redir_gw",
          "The router that is nearer to the destination.")
      case .pointer:
        FieldText("pointer", "Pointer", "RFC 792", "icmp.pointer", "The octet of the quoted datagram that was wrong.")
      case .data:
        FieldText("data", "Data", "RFC 792", "data.data", "What the asker put in; the answer brings it back.")
      }
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.type, 0, 1, type.rawValue)
    list.number(.code, 1, 1, code, variant: type.rawValue)
    list.checksum(.checksum, 2, checksum, right: rightChecksum)
    addRest(to: &list)
    if !type.isError { list.octets(.data, 8, body) }
    return list.nodes
  }

  private func addRest(to list: inout FieldList<Field>) {
    switch type {
    case _ where type.isQuery:
      list.number(.identifier, 4, 2, identifier)
      list.number(.sequenceNumber, 6, 2, sequenceNumber)
    case _ where isFragmentationNeeded:
      list.number(.nextHopMTU, 6, 2, nextHopMTU)
    case .redirect: list.address(.gatewayAddress, 4, IPv4Address(rawValue: rest))
    case .parameterProblem: list.number(.pointer, 4, 1, rest >> 24)
    default: list.number(.rest, 4, 4, rest)
    }
  }

  fileprivate static func meaning(ofCode code: UInt8, _ type: ICMPType) -> String {
    switch type {
    case .destinationUnreachable: unreachableName(code) ?? "unknown"
    case .timeExceeded:
      code == 0 ? "time to live exceeded on the way" : code == 1 ? "fragments not all there in time" : "unknown"
    default: ""
    }
  }
}
