extension PPPControlPacket.Family {
  /// How the value of an option is shown.
  enum Form: Sendable {
    case number, address, octets
    /// A PPP protocol's number, and what that protocol adds.
    case `protocol`
  }

  /// What there is to say about one option.
  struct OptionRow: Sendable {
    let type: UInt8
    let name: String
    let form: Form
    let filter: String?
  }

  private static let lcpOptions: [OptionRow] = [
    OptionRow(type: 1, name: "Maximum-Receive-Unit", form: .number, filter: "lcp.opt.mru"),
    OptionRow(type: 2, name: "Async-Control-Character-Map", form: .number, filter: "lcp.opt.asyncmap"),
    OptionRow(type: 3, name: "Authentication-Protocol", form: .protocol, filter: "lcp.opt.auth_protocol"),
    OptionRow(type: 4, name: "Quality-Protocol", form: .protocol, filter: "lcp.opt.quality_protocol"),
    OptionRow(type: 5, name: "Magic-Number", form: .number, filter: "lcp.opt.magic_number"),
    OptionRow(type: 7, name: "Protocol-Field-Compression", form: .octets, filter: nil),
    OptionRow(type: 8, name: "Address-and-Control-Field-Compression", form: .octets, filter: nil),
    OptionRow(type: 13, name: "Callback", form: .octets, filter: nil),
  ]

  private static let ipcpOptions: [OptionRow] = [
    OptionRow(type: 2, name: "IP-Compression-Protocol", form: .protocol, filter: "ipcp.opt.compress_proto"),
    OptionRow(type: 3, name: "IP-Address", form: .address, filter: "ipcp.opt.ip_address"),
    OptionRow(type: 129, name: "Primary DNS Server Address", form: .address, filter: "ipcp.opt.pri_dns_address"),
    OptionRow(type: 130, name: "Primary NBNS Server Address", form: .address, filter: "ipcp.opt.pri_nbns_address"),
    OptionRow(type: 131, name: "Secondary DNS Server Address", form: .address, filter: "ipcp.opt.sec_dns_address"),
    OptionRow(type: 132, name: "Secondary NBNS Server Address", form: .address, filter: "ipcp.opt.sec_nbns_address"),
  ]

  private static let ipv6cpOptions = [OptionRow(type: 1, name: "Interface-Identifier", form: .octets, filter: nil)]

  private var rows: [OptionRow] {
    switch self {
    case .lcp: Self.lcpOptions
    case .ipcp: Self.ipcpOptions
    case .ipv6cp: Self.ipv6cpOptions
    case .ccp, .pap, .chap: []
    }
  }

  static let noRow = 31

  /// What there is to say about options of `type`, and where in the family's list it stands.
  func option(_ type: UInt8) -> (row: OptionRow, index: Int)? {
    let rows = rows
    return rows.firstIndex { $0.type == type }.map { (rows[$0], $0) }
  }

  func row(_ index: Int) -> OptionRow? {
    let rows = rows
    return index < rows.count ? rows[index] : nil
  }

  /// The variant of a field in this family.
  func variant(row: Int = noRow) -> UInt8 { rawValue << 5 | UInt8(truncatingIfNeeded: min(row, Self.noRow)) }

  private static let controlCodes = [
    "reserved", "Configure-Request", "Configure-Ack", "Configure-Nak", "Configure-Reject", "Terminate-Request",
    "Terminate-Ack", "Code-Reject", "Protocol-Reject", "Echo-Request", "Echo-Reply", "Discard-Request",
  ]
  private static let papCodes = ["reserved", "Authenticate-Request", "Authenticate-Ack", "Authenticate-Nak"]
  private static let chapCodes = ["reserved", "Challenge", "Response", "Success", "Failure"]

  /// The name of a code. RFC 1661 §5, RFC 1334 §2.2, RFC 1994 §4.
  func name(ofCode code: UInt64) -> String {
    let names =
      switch self {
      case .lcp: Self.controlCodes
      case .ipcp, .ipv6cp, .ccp: Array(Self.controlCodes.prefix(8))
      case .pap: Self.papCodes
      case .chap: Self.chapCodes
      }
    return code < UInt64(names.count) ? names[Int(code)] : "unknown"
  }

  /// What Wireshark calls a field in packets of this family.
  func displayFilterName(of field: PPPControlPacket.Field, row: Int) -> String? {
    switch field {
    case .code: header + ".code"
    case .identifier: header + ".identifier"
    case .length: header + ".length"
    case .optionType: "\(self).opt.type"
    case .optionLength: "\(self).opt.length"
    case .optionValue: self.row(row)?.filter
    case .magicNumber: "lcp.magic_number"
    case .rejectedProtocol: "lcp.rej_proto"
    case .peerIDLength: "pap.peer_id.length"
    case .peerID: "pap.peer_id"
    case .passwordLength: "pap.password.length"
    case .password: "pap.password"
    case .messageLength: "pap.message.length"
    case .message: "\(self).message"
    case .valueSize: "chap.value_size"
    case .value: "chap.value"
    case .name: "chap.name"
    case .option, .data: nil
    }
  }

  private var header: String { self == .pap || self == .chap ? "\(self)" : "ppp" }
}
