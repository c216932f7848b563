import IPsec
import Units
import Wire

/// Somebody with a password: what XAUTH asks for (draft-beaulieu-ike-xauth-02 §6).
public struct IKEUser: Hashable, Sendable {
  /// XAUTH-USER-NAME.
  public var name: String
  /// XAUTH-USER-PASSWORD.
  public var password: String

  public init(name: String, password: String) {
    self.name = name
    self.password = password
  }
}

/// What mode configuration gives to a caller: draft-ietf-ipsec-isakmp-mode-cfg-05 §3.
public struct ModeConfiguration: Hashable, Sendable {
  /// The caller's address inside.
  public var address: IPv4Address
  /// The mask of that address; `nil` where none was given.
  public var netmask: IPv4Address?
  /// Name servers inside.
  public var nameServers: [IPv4Address]
  /// Networks that lie behind the gateway; empty where everything does.
  public var subnets: [IPv4Prefix]

  public init(
    address: IPv4Address, netmask: IPv4Address? = nil, nameServers: [IPv4Address] = [], subnets: [IPv4Prefix] = []
  ) {
    self.address = address
    self.netmask = netmask
    self.nameServers = nameServers
    self.subnets = subnets
  }
}

/// Who begins with mode configuration.
public enum ConfigurationMode: Hashable, Sendable {
  /// The caller asks.
  case pull
  /// The gateway gives unasked.
  case push
}

/// What lies between phase 1 and phase 2 with a peer that dials in: XAUTH first, mode configuration then.
public enum RemoteAccess: Hashable, Sendable {
  /// This side dials in: as a user, where the gateway asks for one; and how it gets its address, `nil` where it has
  /// one.
  case caller(user: IKEUser?, configuration: ConfigurationMode?)
  /// This side is dialled: who may call, `nil` where no user is asked for; what the caller is given, `nil` for nothing.
  case gateway(users: [IKEUser]?, configuration: ModeConfiguration?, mode: ConfigurationMode)

  /// Whether the caller has to be a user.
  var hasUsers: Bool {
    switch self {
    case .caller(let user, _): user != nil
    case .gateway(let users, _, _): users != nil
    }
  }

  var isGateway: Bool { if case .gateway = self { true } else { false } }
}

/// How far a phase 1 association is from phase 2.
enum AccessStage: Hashable, Sendable {
  /// A user has to prove who he is.
  case user
  /// The gateway has been given a password, and says what it thinks of it.
  case verdict(isAccepted: Bool)
  /// The caller has to be configured.
  case configuration
  /// Quick modes may begin.
  case open
}

extension IKEPeer {
  /// How far a fresh association with the peer is from phase 2.
  var firstStage: AccessStage {
    guard let remoteAccess else { return .open }
    return remoteAccess.hasUsers ? .user : configurationStage
  }

  /// What comes behind the user.
  var configurationStage: AccessStage {
    switch remoteAccess {
    case .caller(_, .some)?, .gateway(_, .some, _)?: .configuration
    default: .open
    }
  }
}

// MARK: - Attributes

extension ModeConfiguration {
  /// What is asked for: attributes without values.
  static let request: [DataAttribute] = [
    ConfigurationAttributeType.internalIPv4Address, .internalIPv4Netmask, .internalIPv4DNS, .internalIPv4Subnet,
  ].map { DataAttribute(type: $0.rawValue, value: .variable([])) }

  /// What is given, as attributes.
  var attributes: [DataAttribute] {
    func attribute(_ type: ConfigurationAttributeType, _ octets: [UInt8]) -> DataAttribute {
      DataAttribute(type: type.rawValue, value: .variable(octets))
    }
    var attributes = [attribute(.internalIPv4Address, address.octets)]
    if let netmask { attributes.append(attribute(.internalIPv4Netmask, netmask.octets)) }
    attributes += nameServers.map { attribute(.internalIPv4DNS, $0.octets) }
    attributes += subnets.map {
      attribute(.internalIPv4Subnet, $0.network.octets + IPv4Address(rawValue: $0.mask).octets)
    }
    return attributes
  }

  /// What attributes give; `nil` where no address of four octets is among them. What is not known is passed over.
  init?(_ attributes: [DataAttribute]) {
    func addresses(_ type: ConfigurationAttributeType, _ count: Int) -> [[UInt8]] {
      attributes.filter { $0.type == type.rawValue && $0.octets.count == count }.map(\.octets)
    }
    func address(_ octets: some Sequence<UInt8>) -> IPv4Address {
      IPv4Address(rawValue: octets.reduce(0) { $0 << 8 | UInt32($1) })
    }
    guard let own = addresses(.internalIPv4Address, 4).first else { return nil }
    self.init(
      address: address(own), netmask: addresses(.internalIPv4Netmask, 4).first.map { address($0) },
      nameServers: addresses(.internalIPv4DNS, 4).map { address($0) },
      subnets: addresses(.internalIPv4Subnet, 8).compactMap { octets in
        let host = ~address(octets.suffix(4)).rawValue
        guard host & (host &+ 1) == 0 else { return nil }
        return IPv4Prefix(address(octets.prefix(4)), length: host.leadingZeroBitCount)
      })
  }

  /// `10.3.0.1, mask 255.255.255.0, DNS 10.2.0.53, network 10.2.0.0/16`.
  var words: String {
    (["\(address)"] + [netmask.map { "mask \($0)" }].compactMap(\.self) + nameServers.map { "DNS \($0)" }
      + subnets.map { "network \($0)" }).joined(separator: ", ")
  }
}

extension IKEUser {
  /// What is asked for: attributes without values.
  static let request: [DataAttribute] = [ConfigurationAttributeType.xauthUserName, .xauthUserPassword].map {
    DataAttribute(type: $0.rawValue, value: .variable([]))
  }

  /// Name and password, as attributes.
  var attributes: [DataAttribute] {
    [(ConfigurationAttributeType.xauthUserName, name), (.xauthUserPassword, password)].map { type, text in
      DataAttribute(type: type.rawValue, value: .variable(Array(text.utf8.prefix(Self.longestText))))
    }
  }

  /// Octets of a name or a password that are sent.
  private static let longestText = 255

  /// Whether attributes hold this name and password.
  func isGiven(in attributes: [DataAttribute]) -> Bool {
    self.attributes.allSatisfy { own in
      attributes.contains { $0.type == own.type && isSame($0.octets, own.octets) }
    }
  }
}

extension DataAttribute {
  /// XAUTH-STATUS: 1 for a user who is believed.
  static func status(_ isAccepted: Bool) -> DataAttribute {
    .basic(ConfigurationAttributeType.xauthStatus.rawValue, isAccepted ? 1 : 0)
  }
}
