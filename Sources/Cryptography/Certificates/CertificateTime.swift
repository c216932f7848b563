/// Instants in certificates: seconds since the beginning of 1970 in UTC, without leap seconds.
enum CertificateTime {
  /// The first and the last instant that can be written: the years 1 to 9999.
  static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  private static let daysBefore400Years: Int64 = 719_468
  private static let daysIn400Years: Int64 = 146_097
  private static let secondsADay: Int64 = 86_400

  private struct Parts {
    var year: Int64
    var month: Int64
    var day: Int64
    var second: Int64
  }

  /// Year, month and day of the Gregorian calendar, whose years begin in March here: the leap day is the last one.
  private static func parts(_ instant: Int64) -> Parts {
    let instant = min(max(instant, range.lowerBound), range.upperBound)
    let days = (instant - range.lowerBound) / secondsADay + range.lowerBound / secondsADay + daysBefore400Years
    let (era, dayOfEra) = (days / daysIn400Years, days % daysIn400Years)
    let year = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
    let march = (5 * dayOfYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    return Parts(
      year: era * 400 + year + (month <= 2 ? 1 : 0), month: month, day: dayOfYear - (153 * march + 2) / 5 + 1,
      second: (instant - range.lowerBound) % secondsADay)
  }

  private static func instant(_ parts: Parts) -> Int64 {
    let year = parts.month <= 2 ? parts.year - 1 : parts.year
    let (era, yearOfEra) = (year / 400, year % 400)
    let march = parts.month > 2 ? parts.month - 3 : parts.month + 9
    let dayOfYear = (153 * march + 2) / 5 + parts.day - 1
    let days = era * daysIn400Years + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return (days - daysBefore400Years) * secondsADay + parts.second
  }

  private static func digits(_ number: Int64, _ count: Int) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }

  /// For people: `2026-11-21 05:37:35 UTC`.
  static func text(_ instant: Int64) -> String {
    let parts = parts(instant)
    let date = [digits(parts.year, 4), digits(parts.month, 2), digits(parts.day, 2)].joined(separator: "-")
    let clock = [parts.second / 3_600, parts.second / 60 % 60, parts.second % 60].map { digits($0, 2) }
    return "\(date) \(clock.joined(separator: ":")) UTC"
  }

  /// UTCTime for the years 1950 to 2049, GeneralizedTime for the others (RFC 2459 §4.1.2.5). What can't be written
  /// becomes the nearest instant that can.
  static func encoded(_ instant: Int64) -> [UInt8] {
    let parts = parts(instant)
    let clock = [parts.second / 3_600, parts.second / 60 % 60, parts.second % 60].map { digits($0, 2) }.joined()
    let day = digits(parts.month, 2) + digits(parts.day, 2) + clock + "Z"
    return (1_950..<2_050).contains(parts.year)
      ? DER.string(.utcTime, digits(parts.year % 100, 2) + day)
      : DER.string(.generalizedTime, digits(parts.year, 4) + day)
  }

  /// Reads either kind, to the second and in UTC as RFC 2459 §4.1.2.5 wants it.
  static func read(_ reader: inout DERReader, _ field: String) throws(DERError) -> Int64 {
    let value = try reader.next(field)
    let text = reader.contents(value)
    guard value.tag == .utcTime || value.tag == .generalizedTime else {
      throw reader.error(field, at: value.whole.lowerBound, "is neither UTCTime nor GeneralizedTime")
    }
    let yearDigits = value.tag == .utcTime ? 2 : 4
    let wrong = reader.error(
      field, at: value.whole.lowerBound, "is not \(yearDigits == 2 ? "YY" : "YYYY")MMDDHHMMSSZ (RFC 2459 §4.1.2.5)")
    guard text.count == yearDigits + 11, text.last == UInt8(ascii: "Z") else { throw wrong }
    let digits = text.dropLast().map { Int64($0) - 0x30 }
    guard digits.allSatisfy({ (0...9).contains($0) }) else { throw wrong }
    var year = digits[..<yearDigits].reduce(0) { $0 * 10 + $1 }
    if yearDigits == 2 { year += year < 50 ? 2_000 : 1_900 }
    let pairs = (0..<5).map { digits[yearDigits + 2 * $0] * 10 + digits[yearDigits + 2 * $0 + 1] }
    let made = Parts(
      year: year, month: pairs[0], day: pairs[1], second: pairs[2] * 3_600 + pairs[3] * 60 + pairs[4])
    guard year >= 1, (1...12).contains(pairs[0]), (1...31).contains(pairs[1]), pairs[2] < 24, pairs[3] < 60,
      pairs[4] < 60
    else { throw wrong }
    let result = instant(made)
    // The 30th of February would be another day.
    guard parts(result).day == made.day else { throw wrong }
    return result
  }
}
