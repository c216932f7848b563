/// A unit of a quantity: what it is called, and how many of the base unit it is.
struct QuantityUnit: Sendable {
  let name: String
  let size: UInt64
}

/// Why a text is no quantity.
enum QuantityFault: Error, Hashable {
  case notANumber
  case noUnit
  case unknownUnit(String)
  case notWhole
  case tooLarge
}

/// A number with a unit, in exact integer arithmetic: `1.5 Mbit/s` is 1,500,000 and no rounding happens anywhere.
struct Quantity {
  /// What it is in the base unit.
  let value: UInt64

  /// Reads `10 ms`, `10ms`, `1.5 Mbit/s`; a number alone where `bare` says what it counts. Zero needs no unit.
  init(_ text: String, units: [QuantityUnit], bare: UInt64? = nil) throws(QuantityFault) {
    let whole = text.prefix { $0.isASCII && $0.isNumber }
    var rest = text.dropFirst(whole.count)
    guard !whole.isEmpty else { throw .notANumber }
    var fraction = Substring()
    if rest.first == "." {
      fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
      guard !fraction.isEmpty else { throw .notANumber }
      rest = rest.dropFirst(1 + fraction.count)
    }
    let name = String(rest.drop { $0 == " " })
    let size = try Self.size(of: name, units: units, bare: bare, isZero: (whole + fraction).allSatisfy { $0 == "0" })
    value = try Self.scaled(whole, fraction, by: size)
  }

  private static func size(
    of name: String, units: [QuantityUnit], bare: UInt64?, isZero: Bool
  ) throws(QuantityFault) -> UInt64 {
    if name.isEmpty {
      if let bare { return bare }
      guard isZero else { throw .noUnit }
      return 1
    }
    guard let unit = units.first(where: { $0.name == name }) else { throw .unknownUnit(name) }
    return unit.size
  }

  private static func scaled(_ whole: Substring, _ fraction: Substring, by size: UInt64) throws(QuantityFault) -> UInt64
  {
    guard let count = UInt64(whole) else { throw .tooLarge }
    let (product, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow else { throw .tooLarge }
    let digits = fraction.reversed().drop { $0 == "0" }.reversed()
    guard !digits.isEmpty else { return product }
    // No unit has more than nine decimals; what is finer than the base unit is no whole number of it.
    guard digits.count <= 12, let part = UInt64(String(digits)) else { throw .notWhole }
    let scale = (0..<digits.count).reduce(UInt64(1)) { value, _ in value * 10 }
    let wide = part.multipliedFullWidth(by: size)
    guard wide.high < scale else { throw .tooLarge }
    let (quotient, remainder) = scale.dividingFullWidth(wide)
    guard remainder == 0 else { throw .notWhole }
    let (sum, carried) = product.addingReportingOverflow(quotient)
    guard !carried else { throw .tooLarge }
    return sum
  }
}
