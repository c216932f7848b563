extension TCPHeader {
  /// The fields of the header. RFC 793 §3.1.
  public enum Field: UInt8, TabledField {
    case sourcePort, destinationPort, sequenceNumber, acknowledgmentNumber, dataOffset, reserved
    case nonceSum, congestionWindowReduced, explicitCongestionEcho
    case urgent, acknowledgment, push, reset, synchronize, finish
    case window, checksum, urgentPointer, options, option

    public static let layer = LayerKind.tcp

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .dataOffset: "\(value / 4) words of four octets"
      default: ""
      }
    }

    public var text: FieldText {
      let box = "RFC 793 §3.1"
      return switch self {
      case .sourcePort: FieldText("sourcePort", "Source Port", box, "tcp.srcport", "The port that answers go to.")
      case .destinationPort:
        FieldText(
          "destinationPort", "Destination Port", box, "tcp.dstport", "Which program at the destination is meant.")
      case .sequenceNumber:
        FieldText(
          "sequenceNumber", "Sequence Number", box, "tcp.seq_raw", "The number of the segment's first octet of data.")
      case .acknowledgmentNumber:
        FieldText(
          "acknowledgmentNumber", "Acknowledgment Number", box, "tcp.ack_raw",
          "The next octet that the sender waits for: everything before it has arrived.")
      case .dataOffset:
        FieldText(
          "dataOffset", "Data Offset", box, "tcp.hdr_len",
          "Where the data begins. The field counts words of four octets; shown here in octets.")
      case .reserved: FieldText("reserved", "Reserved", box, "tcp.flags.res", "Must be zero.")
      case .nonceSum:
        FieldText("nonceSum", "NS", "RFC 3540 §3", "tcp.flags.ae", "Guards against a receiver that hides congestion.")
      case .congestionWindowReduced:
        FieldText(
          "congestionWindowReduced", "CWR", "RFC 3168 §6.1", "tcp.flags.cwr",
          "The sender has slowed down because it was told of congestion.")
      case .explicitCongestionEcho:
        FieldText(
          "explicitCongestionEcho", "ECE", "RFC 3168 §6.1", "tcp.flags.ece",
          "A router on the way reported congestion; on a SYN: the sender understands such reports.")
      case .urgent: FieldText("urgent", "URG", box, "tcp.flags.urg", "The Urgent Pointer counts.")
      case .acknowledgment:
        FieldText("acknowledgment", "ACK", box, "tcp.flags.ack", "The Acknowledgment Number counts.")
      case .push:
        FieldText("push", "PSH", box, "tcp.flags.push", "Hand the data to the program without waiting for more.")
      case .reset: FieldText("reset", "RST", box, "tcp.flags.reset", "The connection is over, or never was.")
      case .synchronize: FieldText("synchronize", "SYN", box, "tcp.flags.syn", "Opens: numbers start from here.")
      case .finish: FieldText("finish", "FIN", box, "tcp.flags.fin", "The sender has no more data.")
      case .window: FieldText("window", "Window", box, "tcp.window_size_value", "How much more the sender would take.")
      case .checksum:
        FieldText("checksum", "Checksum", box, "tcp.checksum", "Guards header, data and both addresses.")
      case .urgentPointer:
        FieldText("urgentPointer", "Urgent Pointer", box, "tcp.urgent_pointer", "Where urgent data ends.")
      case .options: FieldText("options", "Options", box, "tcp.options", "What the two ends settle beyond the header.")
      case .option: FieldText("option", "Option", box, "tcp.option_kind", "One option: its kind, length and data.")
      }
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset, capacity: 20)
    list.number(.sourcePort, 0, 2, sourcePort)
    list.number(.destinationPort, 2, 2, destinationPort)
    list.number(.sequenceNumber, 4, 4, sequenceNumber)
    list.number(.acknowledgmentNumber, 8, 4, acknowledgmentNumber)
    list.number(.dataOffset, 12, 1, encodedLength, bits: 0..<4)
    list.number(.reserved, 12, 1, flags.reserved, bits: 4..<7)
    list.flag(.nonceSum, 12, bit: 7, flags.contains(.ns))
    for (bit, field) in Self.flagFields.enumerated() {
      list.flag(field, 13, bit: bit, flags.rawValue & (0x80 >> UInt16(bit)) != 0)
    }
    list.number(.window, 14, 2, window)
    list.number(.checksum, 16, 2, checksum)
    list.number(.urgentPointer, 18, 2, urgentPointer)
    if !options.isEmpty {
      list.octets(.options, 20, options, children: optionNodes(at: offset + 20).numbered())
    }
    return list.nodes
  }

  private static let flagFields: [Field] = [
    .congestionWindowReduced, .explicitCongestionEcho, .urgent, .acknowledgment, .push, .reset, .synchronize, .finish,
  ]

  private func optionNodes(at offset: Int) -> [FieldNode] {
    TCPOption.parse(options).map { option, range in
      FieldNode(
        Field.option, offset + range.lowerBound..<offset + range.upperBound, .unsigned(UInt64(option.kind)),
        meaning: option.meaning)
    }
  }
}
