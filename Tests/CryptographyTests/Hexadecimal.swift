/// The octets that hexadecimal digits stand for, a zero in front where their number is odd; anything between them is
/// passed over.
func hex(_ text: String) -> [UInt8] {
  var digits = text.compactMap(\.hexDigitValue)
  if !digits.count.isMultiple(of: 2) { digits.insert(0, at: 0) }
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Two lower-case digits an octet.
func hex(_ octets: [UInt8]) -> String {
  octets.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
