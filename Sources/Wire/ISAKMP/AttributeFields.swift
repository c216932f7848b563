/// Whose numbers an attribute uses: the same type means one thing in phase 1, another in phase 2 and a third in a
/// configuration payload.
enum AttributeSpace: UInt8 {
  // From 1 on: the variant 0 is that of a field of no space.
  case ike = 1
  case ipsec, ikeLifetime, ipsecLifetime, configuration

  /// What Wireshark's names for the attribute's fields begin with.
  var displayFilterPrefix: String {
    switch self {
    case .ike: "isakmp.ike.attr"
    case .ipsec: "isakmp.ipsec.attr"
    case .ikeLifetime: "isakmp.notify.data.resp_lifetime.ike.attr"
    case .ipsecLifetime: "isakmp.notify.data.resp_lifetime.ipsec.attr"
    case .configuration: "isakmp.cfg.attr"
    }
  }

  /// The attribute type's name.
  func typeMeaning(_ type: UInt16) -> String {
    switch self {
    case .ike, .ikeLifetime: IKEAttributeType(rawValue: type).meaning
    case .ipsec, .ipsecLifetime: IPsecAttributeType(rawValue: type).meaning
    case .configuration: ConfigurationAttributeType(rawValue: type).meaning
    }
  }

  /// What there is to say about values.
  var rows: [AttributeRow] {
    switch self {
    case .ike, .ikeLifetime: AttributeRow.ike
    case .ipsec, .ipsecLifetime: AttributeRow.ipsec
    case .configuration: AttributeRow.configuration
    }
  }

  /// What there is to say about values of `type`, and where in `rows` it stands.
  func row(_ type: UInt16) -> (row: AttributeRow, index: Int)? {
    let rows = rows
    return rows.firstIndex { $0.type == type }.map { (rows[$0], $0) }
  }

  /// The variant of a field in this space: the space, and for values the row; 31 where there is none.
  func variant(row: Int = noRow) -> UInt8 { rawValue << 5 | UInt8(truncatingIfNeeded: min(row, Self.noRow)) }

  static let noRow = 31
}

/// How the value of one attribute type is shown.
struct AttributeRow: Sendable {
  enum Form: Sendable {
    case number, named(CodePointNames<UInt16>), duration, text, ipv4Addresses, octets
  }

  let type: UInt16
  /// The end of Wireshark's name for the value.
  let filter: String
  let form: Form

  init(_ type: UInt16, _ filter: String, _ form: Form = .number) {
    self.type = type
    self.filter = filter
    self.form = form
  }

  static let ike: [AttributeRow] = [
    AttributeRow(1, "encryption_algorithm", .named(IKEEncryptionAlgorithm.names)),
    AttributeRow(2, "hash_algorithm", .named(IKEHashAlgorithm.names)),
    AttributeRow(3, "authentication_method", .named(IKEAuthenticationMethod.names)),
    AttributeRow(4, "group_description", .named(OakleyGroup.names)),
    AttributeRow(5, "group_type", .named(OakleyGroupType.names)), AttributeRow(6, "group_prime", .octets),
    AttributeRow(7, "group_generator_one", .octets), AttributeRow(8, "group_generator_two", .octets),
    AttributeRow(9, "group_curve_a", .octets), AttributeRow(10, "group_curve_b", .octets),
    AttributeRow(11, "life_type", .named(LifeType.names)), AttributeRow(12, "life_duration", .duration),
    AttributeRow(13, "prf"), AttributeRow(14, "key_length"), AttributeRow(15, "field_size"),
    AttributeRow(16, "group_order", .octets),
  ]

  static let ipsec: [AttributeRow] = [
    AttributeRow(1, "life_type", .named(LifeType.names)), AttributeRow(2, "life_duration", .duration),
    AttributeRow(3, "group_description", .named(OakleyGroup.names)),
    AttributeRow(4, "encap_mode", .named(EncapsulationMode.names)),
    AttributeRow(5, "auth_algorithm", .named(AuthenticationAlgorithm.names)), AttributeRow(6, "key_length"),
    AttributeRow(7, "key_rounds"), AttributeRow(8, "cmpr_dict_size"), AttributeRow(9, "cmpr_algorithm", .octets),
    AttributeRow(10, "ecn_tunnel"), AttributeRow(11, "ext_seq_nbr"),
  ]

  static let configuration: [AttributeRow] = [
    AttributeRow(1, "internal_ip4_address", .ipv4Addresses), AttributeRow(2, "internal_ip4_netmask", .ipv4Addresses),
    AttributeRow(3, "internal_ip4_dns", .ipv4Addresses), AttributeRow(4, "internal_ip4_nbns", .ipv4Addresses),
    AttributeRow(5, "internal_address_expiry"), AttributeRow(6, "internal_ip4_dhcp", .ipv4Addresses),
    AttributeRow(7, "application_version", .text), AttributeRow(8, "internal_ip6_address", .octets),
    AttributeRow(9, "internal_ip6_netmask", .octets), AttributeRow(10, "internal_ip6_dns", .octets),
    AttributeRow(11, "internal_ip6_nbns", .octets), AttributeRow(12, "internal_ip6_dhcp", .octets),
    AttributeRow(13, "internal_ip4_subnet_ip", .ipv4Addresses),
    AttributeRow(14, "supported_attributes", .octets), AttributeRow(15, "internal_ip6_subnet_ip", .octets),
    AttributeRow(16520, "xauth.type"), AttributeRow(16521, "xauth.user_name", .text),
    AttributeRow(16522, "xauth.user_password", .text), AttributeRow(16523, "xauth.passcode", .text),
    AttributeRow(16524, "xauth.message", .text), AttributeRow(16525, "xauth.challenge", .octets),
    AttributeRow(16526, "xauth.domain", .text), AttributeRow(16527, "xauth.status"),
    AttributeRow(16528, "xauth.next_pin", .text), AttributeRow(16529, "xauth.answer", .text),
    AttributeRow(28672, "unity.banner", .text), AttributeRow(28674, "unity.def_domain", .text),
  ]
}

extension DataAttribute {
  /// Attributes one behind the other from `offset`; a duration is shown in the units of the life type before it.
  static func fields(of attributes: [DataAttribute], in space: AttributeSpace, at offset: Int) -> [FieldNode] {
    var nodes: [FieldNode] = []
    var position = offset
    var unit = ""
    for attribute in attributes {
      let row = space.row(attribute.type)
      if row?.row.filter == "life_type", let value = attribute.unsigned.flatMap({ UInt16(exactly: $0) }) {
        unit = LifeType(rawValue: value).name ?? ""
      }
      nodes.append(attribute.field(row, space, at: position, unit: unit))
      position += attribute.encodedLength
    }
    return nodes.numbered()
  }

  private func field(
    _ row: (row: AttributeRow, index: Int)?, _ space: AttributeSpace, at offset: Int, unit: String
  ) -> FieldNode {
    let variant = space.variant()
    var list = FieldList<Field>(at: offset, capacity: 4)
    list.number(.format, 0, 2, isBasic ? 1 : 0, bits: 0..<1, variant: variant)
    list.number(.type, 0, 2, type, bits: 1..<16, variant: variant)
    if case .variable(let octets) = value { list.number(.length, 2, 2, octets.count, variant: variant) }
    var meaning = ""
    if case .duration? = row?.row.form, let unsigned, !unit.isEmpty { meaning = "\(unsigned) \(unit)" }
    if let shown = valueField(row, space, at: offset, meaning: meaning) { list.append([shown]) }
    var node = FieldNode(
      Field.attribute.id, offset..<offset + encodedLength, .group, groupNumber(row?.row), variant: variant,
      attachment: .children(list.nodes))
    if !meaning.isEmpty { node.meaning = space.typeMeaning(type) + ": " + meaning }
    return node
  }

  /// The type, and where it has a name of its own, the value: what the group's meaning is made from.
  private func groupNumber(_ row: AttributeRow?) -> UInt64 {
    guard case .named? = row?.form, let value = unsigned.flatMap({ UInt16(exactly: $0) }) else { return UInt64(type) }
    return 1 << 32 | UInt64(value) << 16 | UInt64(type)
  }

  /// The value; a request asks for an attribute by sending it without one.
  private func valueField(
    _ row: (row: AttributeRow, index: Int)?, _ space: AttributeSpace, at offset: Int, meaning: String
  ) -> FieldNode? {
    let count = isBasic ? 2 : octets.count
    guard count > 0 else { return nil }
    let start = offset + (isBasic ? 2 : 4)
    return FieldNode(
      Field.value.id, start..<start + count, display(row?.row),
      variant: space.variant(row: row?.index ?? AttributeSpace.noRow), meaning: meaning)
  }

  private var isBasic: Bool {
    if case .basic = value { true } else { false }
  }

  /// The value as views show it.
  private func display(_ row: AttributeRow?) -> FieldValue {
    let number = unsigned.map { FieldValue.unsigned($0) } ?? .bytes(octets)
    return switch row?.form {
    case .named, .duration, .number: number
    case .text: printable(octets).map { .text($0) } ?? .bytes(octets)
    case .ipv4Addresses: addressText.map { .text($0) } ?? .bytes(octets)
    case .octets: .bytes(octets)
    case nil: isBasic ? number : .bytes(octets)
    }
  }

  /// Four octets as an address, eight as address and mask; `nil` for any other count.
  private var addressText: String? {
    guard octets.count == 4 || octets.count == 8 else { return nil }
    return stride(from: 0, to: octets.count, by: 4).map {
      "\(IPv4Address(octets[$0], octets[$0 + 1], octets[$0 + 2], octets[$0 + 3]))"
    }.joined(separator: "/")
  }
}

extension DataAttribute.Field {
  /// The variant says in which space the attribute's numbers lie, and which row its value has there.
  public func text(variant: UInt8) -> FieldText {
    guard let space = AttributeSpace(rawValue: variant >> 5) else { return text }
    let row = Int(variant & 31)
    let rows = space.rows
    let name =
      switch self {
      case .attribute: ""
      case .format: ".format"
      case .type: ".type"
      case .length: ".length"
      case .value: "." + (row < rows.count ? rows[row].filter : "value")
      }
    return text.filter(space.displayFilterPrefix + name)
  }

  public func meaning(of value: UInt64, variant: UInt8) -> String {
    guard let space = AttributeSpace(rawValue: variant >> 5) else { return "" }
    switch self {
    case .format: return value == 1 ? "type and value (TV)" : "type, length and value (TLV)"
    case .type: return space.typeMeaning(UInt16(truncatingIfNeeded: value))
    case .length: return ""
    case .value: return space.valueMeaning(value, row: Int(variant & 31))
    case .attribute:
      let type = UInt16(truncatingIfNeeded: value)
      guard value >> 32 == 1, let index = space.row(type)?.index else { return space.typeMeaning(type) }
      return "\(space.typeMeaning(type)): \(space.valueMeaning(value >> 16 & 0xFFFF, row: index))"
    }
  }
}

extension AttributeSpace {
  /// The name of a value whose row has names.
  fileprivate func valueMeaning(_ value: UInt64, row: Int) -> String {
    let rows = rows
    guard row < rows.count, case .named(let names) = rows[row].form, let value = UInt16(exactly: value) else {
      return ""
    }
    return names.meaning(value)
  }
}
