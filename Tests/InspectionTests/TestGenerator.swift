/// SplitMix64: a test names its seed, and so can be run again.
struct TestGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// The octets with one to four of them changed, sometimes cut off.
  mutating func mutated(_ octets: [UInt8]) -> [UInt8] {
    var octets = octets
    guard !octets.isEmpty else { return octets }
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      octets[Int.random(in: 0..<octets.count, using: &self)] = UInt8.random(in: 0...255, using: &self)
    }
    if Int.random(in: 0..<4, using: &self) == 0 {
      octets = Array(octets.prefix(Int.random(in: 0...octets.count, using: &self)))
    }
    return octets
  }
}

/// Octets of hexadecimal text, blanks and line breaks between them ignored.
func hex(_ text: String) -> [UInt8] {
  let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
  return stride(from: 0, to: digits.count / 2 * 2, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
