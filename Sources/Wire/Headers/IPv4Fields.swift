extension IPv4Header {
  /// The fields of the header. RFC 791 §3.1.
  public enum Field: UInt8, TabledField {
    case version, headerLength, typeOfService, totalLength, identification
    case reservedFlag, dontFragment, moreFragments, fragmentOffset
    case timeToLive, `protocol`, headerChecksum, sourceAddress, destinationAddress
    case options, option
    case classificationLevel, protectionAuthorityFlags
    case genser, siopESI, sci, nsa, doe, unassignedAuthorities, fieldTerminationIndicator

    public static let layer = LayerKind.ipv4

    /// The fragment offset has the variant 1 in fragments.
    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .headerLength: "\(value / 4) words of four octets"
      case .typeOfService: IPv4Header.serviceMeaning(UInt8(truncatingIfNeeded: value))
      case .fragmentOffset: variant == 1 ? "octet \(value * 8)" : ""
      case .protocol: IPProtocol.meaning(value)
      case .classificationLevel:
        IPv4SecurityOption.ClassificationLevel(rawValue: UInt8(truncatingIfNeeded: value)).name ?? "not assigned"
      case .fieldTerminationIndicator: value == 0 ? "the last octet of flags" : "another octet follows"
      default: ""
      }
    }

    public var text: FieldText {
      let box = "RFC 791 §3.1"
      return switch self {
      case .version:
        FieldText("version", "Version", box, "ip.version", "The format of the header: 4 for IPv4.")
      case .headerLength:
        FieldText(
          "headerLength", "IHL", box, "ip.hdr_len",
          "Where the payload begins. The field counts words of four octets; shown here in octets.")
      case .typeOfService:
        FieldText(
          "typeOfService", "Type of Service", box, "ip.dsfield",
          "How routers should treat the datagram: six bits of service class and two of congestion notice.")
      case .totalLength:
        FieldText("totalLength", "Total Length", box, "ip.len", "Octets of the datagram, header and payload.")
      case .identification:
        FieldText(
          "identification", "Identification", box, "ip.id",
          "The sender's number for this datagram, by which fragments find each other.")
      case .reservedFlag:
        FieldText("reservedFlag", "Flags, bit 0", box, "ip.flags.rb", "Reserved; must be zero.")
      case .dontFragment:
        FieldText(
          "dontFragment", "Flags, DF", box, "ip.flags.df",
          "When set, a router that would have to fragment the datagram drops it and tells the sender.")
      case .moreFragments:
        FieldText("moreFragments", "Flags, MF", box, "ip.flags.mf", "Set on every fragment but the last.")
      case .fragmentOffset:
        FieldText(
          "fragmentOffset", "Fragment Offset", box, "ip.frag_offset",
          "Where in the whole payload this fragment belongs, in units of eight octets.")
      case .timeToLive:
        FieldText(
          "timeToLive", "Time to Live", box, "ip.ttl",
          "How many more routers may forward the datagram: each takes one off, and drops it at zero.")
      case .protocol:
        FieldText("protocol", "Protocol", box, "ip.proto", "Which protocol the payload belongs to.")
      case .headerChecksum:
        FieldText(
          "headerChecksum", "Header Checksum", box, "ip.checksum",
          "Guards the header alone against accidents; every router works it out anew, since Time to Live changes.")
      case .sourceAddress:
        FieldText("sourceAddress", "Source Address", box, "ip.src", "Who sent the datagram, or claims to have.")
      case .destinationAddress:
        FieldText("destinationAddress", "Destination Address", box, "ip.dst", "Who the datagram is for.")
      case .options:
        FieldText(
          "options", "Options", box, nil, "Requests to the routers on the way, rarely used; padded to four octets.")
      case .option:
        FieldText("option", "Option", box, "ip.opt.type", "One option: its type, its length, and its data.")
      default: securityText
      }
    }

    /// The fields of the Basic Security Option.
    private var securityText: FieldText {
      let flags = "RFC 1108 §2.4"
      func authority(_ name: String, _ title: String, _ filter: String, _ whose: String) -> FieldText {
        FieldText(
          name, title, flags, "ip.opt.sec_prot_auth_\(filter)",
          "The datagram is to be protected by the rules of \(whose).")
      }
      return switch self {
      case .genser: authority("genser", "GENSER", "genser", "the general services")
      case .siopESI: authority("siopESI", "SIOP-ESI", "siop_esi", "the Single Integrated Operational Plan")
      case .sci: authority("sci", "SCI", "sci", "sensitive compartmented information")
      case .nsa: authority("nsa", "NSA", "nsa", "the National Security Agency")
      case .doe: authority("doe", "DOE", "doe", "the Department of Energy")
      case .unassignedAuthorities:
        FieldText(
          "unassignedAuthorities", "Unassigned", flags, "ip.opt.sec_prot_auth_unassigned",
          "Flags that have no meaning yet; zero.")
      case .fieldTerminationIndicator:
        FieldText(
          "fieldTerminationIndicator", "Field Termination Indicator", flags, "ip.opt.sec_prot_auth_fti",
          "Whether another octet of flags follows this one.")
      case .protectionAuthorityFlags:
        FieldText(
          "protectionAuthorityFlags", "Protection Authority Flags", flags, "ip.opt.sec_prot_auth_flags",
          "By whose rules the datagram is to be protected: a flag for each.")
      default:
        FieldText(
          "classificationLevel", "Classification Level", "RFC 1108 §2.3", "ip.opt.sec_cl",
          "How secret the datagram is: routers and hosts keep it from links and users that are cleared for less.")
      }
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset, capacity: 15)
    list.number(.version, 0, 1, 4, bits: 0..<4)
    list.number(.headerLength, 0, 1, encodedLength, bits: 4..<8)
    list.number(.typeOfService, 1, 1, typeOfService)
    list.number(.totalLength, 2, 2, totalLength)
    list.number(.identification, 4, 2, identification)
    list.flag(.reservedFlag, 6, bit: 0, reservedFlag)
    list.flag(.dontFragment, 6, bit: 1, dontFragment)
    list.flag(.moreFragments, 6, bit: 2, moreFragments)
    list.number(.fragmentOffset, 6, 2, fragmentOffset & 0x1FFF, bits: 3..<16, variant: isFragment ? 1 : 0)
    list.number(.timeToLive, 8, 1, timeToLive)
    list.number(.protocol, 9, 1, self.protocol.rawValue)
    list.checksum(.headerChecksum, 10, headerChecksum, right: rightChecksum)
    list.address(.sourceAddress, 12, sourceAddress)
    list.address(.destinationAddress, 16, destinationAddress)
    if !options.isEmpty {
      let nodes = IPv4Option.parse(options).map { $0.node(at: offset + 20) }
      list.octets(.options, 20, options, children: nodes.numbered())
    }
    return list.nodes
  }

  fileprivate static func serviceMeaning(_ octet: UInt8) -> String {
    guard octet != 0 else { return "" }
    let congestion = ["", ", ECT(1)", ", ECT(0)", ", congestion experienced"][Int(octet & 3)]
    return "DSCP \(octet >> 2)" + congestion
  }
}
