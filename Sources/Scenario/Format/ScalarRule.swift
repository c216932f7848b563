import IKE
import IPsec
import Units
import Wire

/// What a single value of a scenario was read as.
enum ScalarValue: Hashable, Sendable {
  case text(String)
  case integer(UInt64)
  case boolean(Bool)
  case duration(SimDuration)
  case bytes(ByteCount)
  case rate(BitRate)
  case ratio(Ratio)
  case address(IPAddress)
  case interfaceAddress(IPAddress, IPPrefix)
  case prefix(IPPrefix)
  case addresses(AddressRange)
  case ports(PortSelector)
  case transport(TransportSelector)
  case reference(node: String, interface: String?)
  case key([UInt8])
  case group(UInt16?)
  case suite(AssociationSuite)
  case sensitivities(ClosedRange<Sensitivity>)
  case phase1Suite(Phase1Suite)
}

/// Why a value was not taken.
struct ScalarFault: Error, Hashable {
  var what: String
  var suggestion: String?

  init(_ what: String, suggestion: String? = nil) {
    self.what = what
    self.suggestion = suggestion
  }
}

/// How a single value is written and read. The reader's errors and the editors' schema both come from here.
struct ScalarRule: Sendable {
  /// What is expected, as an error says it: `a duration such as "10 ms"`.
  let expected: String
  /// A regular expression that every value in question matches (ECMA 262, as JSON Schema has it).
  let pattern: String
  /// Whether an editor may see a YAML number (or a truth value) instead of a text.
  let literal: Literal
  /// The words to choose from, where there is a short list of them.
  let choices: [String]
  let read: @Sendable (String) throws(ScalarFault) -> ScalarValue

  enum Literal: String, Sendable {
    case none
    case integer
    case boolean
  }

  init(
    expected: String, pattern: String = "", literal: Literal = .none, choices: [String] = [],
    read: @escaping @Sendable (String) throws(ScalarFault) -> ScalarValue
  ) {
    self.expected = expected
    self.pattern = pattern
    self.literal = literal
    self.choices = choices
    self.read = read
  }
}

extension ScalarRule {
  /// A quantity with its units, and the fault in the author's words.
  fileprivate static func quantity(
    _ text: String, _ noun: String, units: [QuantityUnit], bare: UInt64? = nil
  ) throws(ScalarFault) -> UInt64 {
    do {
      return try Quantity(text, units: units, bare: bare).value
    } catch .notANumber {
      throw ScalarFault("\(quoted(text)) is no \(noun): it does not begin with a number")
    } catch .noUnit {
      throw ScalarFault("\(quoted(text)) is no \(noun): it has no unit")
    } catch .unknownUnit(let unit) {
      let near = closest(to: unit, among: units.map(\.name))
      let number = text.prefix { $0.isNumber || $0 == "." }
      throw ScalarFault(
        "\(quoted(text)) has the unknown unit \(quoted(unit))", suggestion: near.map { "\(number) \($0)" })
    } catch .notWhole {
      throw ScalarFault("\(quoted(text)) is finer than can be counted")
    } catch {
      throw ScalarFault("\(quoted(text)) is too large")
    }
  }

  private static func pattern(of units: [QuantityUnit], bare: Bool = false) -> String {
    let names = units.map(\.name).joined(separator: "|")
    return "^[0-9]+(\\.[0-9]+)? *(\(names))\(bare ? "?" : "")$|^0$"
  }

  static let timeUnits = [
    QuantityUnit(name: "ns", size: 1), QuantityUnit(name: "us", size: 1_000), QuantityUnit(name: "ms", size: 1_000_000),
    QuantityUnit(name: "s", size: 1_000_000_000), QuantityUnit(name: "min", size: 60_000_000_000),
    QuantityUnit(name: "h", size: 3_600_000_000_000),
  ]

  static let sizeUnits = [
    QuantityUnit(name: "B", size: 1), QuantityUnit(name: "kB", size: 1_000), QuantityUnit(name: "MB", size: 1_000_000),
    QuantityUnit(name: "GB", size: 1_000_000_000), QuantityUnit(name: "KiB", size: 1_024),
    QuantityUnit(name: "MiB", size: 1_048_576), QuantityUnit(name: "GiB", size: 1_073_741_824),
  ]

  static let rateUnits = [
    QuantityUnit(name: "bit/s", size: 1), QuantityUnit(name: "kbit/s", size: 1_000),
    QuantityUnit(name: "Mbit/s", size: 1_000_000), QuantityUnit(name: "Gbit/s", size: 1_000_000_000),
  ]

  /// A span of simulated time within `range`.
  static func duration(_ range: ClosedRange<SimDuration> = .zero ... .seconds(31_536_000)) -> ScalarRule {
    ScalarRule(
      expected:
        "a duration such as \"10 ms\" (units: ns, us, ms, s, min, h; \(range.lowerBound) to \(range.upperBound))",
      pattern: pattern(of: timeUnits), literal: .integer
    ) { text throws(ScalarFault) in
      let value = SimDuration(nanoseconds: try quantity(text, "duration", units: timeUnits))
      guard range.contains(value) else { throw ScalarFault("\(quoted(text)) is out of range") }
      return .duration(value)
    }
  }

  /// A number of octets within `range`.
  static func size(_ range: ClosedRange<UInt64>) -> ScalarRule {
    ScalarRule(
      expected: "a size in octets such as \"1500\" or \"64 kB\" (\(range.lowerBound) to \(range.upperBound))",
      pattern: pattern(of: sizeUnits, bare: true), literal: .integer
    ) { text throws(ScalarFault) in
      let value = try quantity(text, "size", units: sizeUnits, bare: 1)
      guard range.contains(value) else { throw ScalarFault("\(quoted(text)) is out of range") }
      return .bytes(ByteCount(value))
    }
  }

  /// How much an association may protect. It is negotiated in units of 1,024 octets (RFC 2407 §4.5).
  static let volume = ScalarRule(
    expected: "a multiple of 1 KiB such as \"64 KiB\" or \"100 MiB\" (RFC 2407 §4.5 counts so)",
    pattern: pattern(of: sizeUnits), literal: .none
  ) { text throws(ScalarFault) in
    let value = try quantity(text, "volume", units: sizeUnits)
    guard value % 1_024 == 0 else {
      throw ScalarFault("\(quoted(text)) is no whole number of kilobytes of 1,024 octets")
    }
    guard (1...UInt64(UInt32.max)).contains(value / 1_024) else { throw ScalarFault("\(quoted(text)) is out of range") }
    return .bytes(ByteCount(value))
  }

  static let rate = ScalarRule(
    expected: "a rate such as \"1.5 Mbit/s\" (units: bit/s, kbit/s, Mbit/s, Gbit/s), or \"unlimited\"",
    pattern: pattern(of: rateUnits) + "|^unlimited$"
  ) { text throws(ScalarFault) in
    if text == "unlimited" { return .text(text) }
    let value = try quantity(text, "rate", units: rateUnits)
    guard value > 0 else { throw ScalarFault("a link of \(quoted(text)) carries nothing") }
    return .rate(BitRate(bitsPerSecond: value))
  }

  static func integer(_ range: ClosedRange<UInt64>) -> ScalarRule {
    ScalarRule(
      expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", pattern: "^[0-9]+$", literal: .integer
    ) { text throws(ScalarFault) in
      guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else {
        throw ScalarFault("\(quoted(text)) is no whole number")
      }
      guard let value = UInt64(text), range.contains(value) else {
        throw ScalarFault("\(quoted(text)) is out of range")
      }
      return .integer(value)
    }
  }

  /// A probability: `1/100`, `1 %`, `0.5 %`, `0`.
  static let ratio = ScalarRule(
    expected: "a ratio such as \"1/100\" or \"1 %\"", pattern: "^[0-9]+/[0-9]+$|^[0-9]+(\\.[0-9]+)? *%$|^[01]$",
    literal: .integer
  ) { text throws(ScalarFault) in
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2, let numerator = UInt64(parts[0]), let denominator = UInt64(parts[1]) {
      guard denominator > 0, numerator <= denominator else { throw ScalarFault("\(quoted(text)) is more than always") }
      return .ratio(Ratio(numerator, denominator))
    }
    if text == "1" { return .ratio(Ratio(1, 1)) }
    // A millionth of a percent is the unit, so that decimals stay whole numbers.
    let value = try quantity(text, "ratio", units: [QuantityUnit(name: "%", size: 1_000_000)])
    guard value <= 100_000_000 else { throw ScalarFault("\(quoted(text)) is more than always") }
    return .ratio(Ratio(value, 100_000_000))
  }

  static let boolean = choice(["true", "false"], literal: .boolean) { .boolean($0 == "true") }

  static func choice(
    _ choices: [String], literal: Literal = .none, value: @escaping @Sendable (String) -> ScalarValue = { .text($0) }
  ) -> ScalarRule {
    ScalarRule(
      expected: choices.map { "\"\($0)\"" }.joined(separator: ", "), literal: literal, choices: choices
    ) { text throws(ScalarFault) in
      guard choices.contains(text) else {
        throw ScalarFault("\(quoted(text)) is unknown", suggestion: closest(to: text, among: choices))
      }
      return value(text)
    }
  }
}
