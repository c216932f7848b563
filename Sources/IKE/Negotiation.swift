import IPsec
import Units
import Wire

/// One attribute in which an offer and what would be taken differ.
struct Mismatch: Hashable, Sendable {
  var attribute: String
  var offered: String
  var wanted: String

  /// A refusal that names all of them, the offer that came closest.
  static func refusal(
    _ mismatches: [Mismatch], side: IKERole, rule: String, citation: String
  ) -> IKERefusal {
    IKERefusal(
      side: side, rule: rule, attribute: mismatches.map(\.attribute).joined(separator: ", "),
      offered: mismatches.map(\.offered).joined(separator: ", "),
      wanted: mismatches.map(\.wanted).joined(separator: ", "), citation: citation, notification: .noProposalChosen)
  }
}

/// Lifetimes as attributes say them: in seconds and in units of 1,024 octets.
struct LifetimeTerms: Hashable, Sendable {
  var seconds: UInt64?
  var kilobytes: UInt64?

  /// What RFC 2407 §4.5 assumes where nothing is said: 8 hours.
  static let defaultSeconds: UInt64 = 28_800
  private static let longestSeconds = UInt64.max / 1_000_000_000

  init(seconds: UInt64? = nil, kilobytes: UInt64? = nil) {
    self.seconds = seconds
    self.kilobytes = kilobytes
  }

  /// Whole seconds and whole kilobytes, at least one of each.
  init(_ lifetime: Lifetime) {
    seconds = lifetime.duration.map { max(1, $0.nanoseconds / 1_000_000_000) }
    kilobytes = lifetime.volume.map { max(1, $0.bytes / 1_024) }
  }

  var lifetime: Lifetime {
    Lifetime(
      duration: seconds.map { .seconds(min($0, Self.longestSeconds)) }, volume: kilobytes.map { .kilobytes($0) })
  }

  /// Life Type and Life Duration, pair by pair.
  func attributes(type: UInt16, duration: UInt16) -> [DataAttribute] {
    let values: [(LifeType, UInt64?)] = [(.seconds, seconds), (.kilobytes, kilobytes)]
    return values.flatMap { unit, value -> [DataAttribute] in
      guard let value else { return [] }
      return [.basic(type, unit.rawValue), .unsigned(duration, value)]
    }
  }

  /// The smaller of each limit that is set.
  func shorter(_ other: LifetimeTerms) -> LifetimeTerms {
    LifetimeTerms(
      seconds: [seconds, other.seconds].compactMap(\.self).min(),
      kilobytes: [kilobytes, other.kilobytes].compactMap(\.self).min())
  }

  var words: String {
    let parts = [seconds.map { "\($0) s" }, kilobytes.map { "\($0) KiB" }].compactMap(\.self)
    return parts.isEmpty ? "no limit" : parts.joined(separator: " and ")
  }
}

/// The attributes of an offered transform, looked up by type.
struct OfferedAttributes: Sendable {
  /// The numbers of one phase's registry that lifetimes are said in, and the names of all.
  struct Registry: Sendable {
    var lifeType: UInt16
    var lifeDuration: UInt16
    var name: @Sendable (UInt16) -> String

    static let phase1 = Registry(
      lifeType: IKEAttributeType.lifeType.rawValue, lifeDuration: IKEAttributeType.lifeDuration.rawValue,
      name: { IKEAttributeType(rawValue: $0).meaning })
    static let phase2 = Registry(
      lifeType: IPsecAttributeType.lifeType.rawValue, lifeDuration: IPsecAttributeType.lifeDuration.rawValue,
      name: { IPsecAttributeType(rawValue: $0).meaning })
  }

  private(set) var values: [(type: UInt16, value: UInt64)] = []
  private(set) var lifetime = LifetimeTerms()
  /// The first attribute that makes the transform unacceptable whatever is wanted.
  private(set) var fault: Mismatch?

  init(_ attributes: [DataAttribute], _ registry: Registry) {
    var unit: UInt64?
    for attribute in attributes {
      let name = registry.name(attribute.type)
      guard let value = attribute.unsigned else {
        note(name, "a value of \(attribute.octets.count) octets", "a number")
        continue
      }
      switch attribute.type {
      case registry.lifeType: unit = value
      case registry.lifeDuration:
        take(duration: value, unit, name)
        unit = nil
      default:
        if values.contains(where: { $0.type == attribute.type }) { note(name, "twice", "once") }
        values.append((attribute.type, value))
      }
    }
  }

  private mutating func take(duration: UInt64, _ unit: UInt64?, _ name: String) {
    switch unit {
    case UInt64(LifeType.seconds.rawValue) where lifetime.seconds == nil && duration > 0: lifetime.seconds = duration
    case UInt64(LifeType.kilobytes.rawValue) where lifetime.kilobytes == nil && duration > 0:
      lifetime.kilobytes = duration
    default: note(name, "\(duration) of unit \(unit.map(String.init) ?? "none")", "seconds or kilobytes, once each")
    }
  }

  private mutating func note(_ attribute: String, _ offered: String, _ wanted: String) {
    if fault == nil { fault = Mismatch(attribute: attribute, offered: offered, wanted: wanted) }
  }

  subscript(type: UInt16) -> UInt64? { values.first { $0.type == type }?.value }

  /// The first attribute of a type that is not among those that we understand.
  func unknown(besides known: [UInt16], _ registry: Registry) -> Mismatch? {
    values.first { !known.contains($0.type) }.map {
      Mismatch(attribute: registry.name($0.type), offered: "\($0.value)", wanted: "nothing")
    }
  }
}

/// The name of a negotiated number, or the number where it has none; `nothing` where it was left out.
func named<Point: CodePoint>(_ value: UInt64?, _ type: Point.Type) -> String {
  guard let value else { return "nothing" }
  guard let raw = Point.RawValue(exactly: value), let point = Point(rawValue: raw) else { return "number \(value)" }
  return point.name ?? "number \(value)"
}

extension Transform {
  /// Whether `answer` says the same: number, identifier and attributes; their order and form do not matter.
  func isEchoed(by answer: Transform) -> Bool {
    number == answer.number && identifier == answer.identifier
      && attributes.count == answer.attributes.count
      && zip(attributes.map(\.plain).sorted(by: <), answer.attributes.map(\.plain).sorted(by: <)).allSatisfy(==)
  }
}

extension DataAttribute {
  fileprivate var plain: (type: UInt16, value: UInt64) { (type, unsigned ?? .max) }
}
