/// SplitMix64: numbers for tests, the same for the same seed on any machine.
public struct SampleGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// A number below `bound`.
  public mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }

  /// A number whose length in bits is itself random, so that every length of its encoding turns up.
  public mutating func number<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type = Value.self) -> Value {
    Value(truncatingIfNeeded: next() >> below(64))
  }

  public mutating func boolean() -> Bool { next() & 1 == 1 }

  public mutating func octets(_ counts: ClosedRange<Int>) -> [UInt8] {
    let count = counts.lowerBound + Int(below(UInt64(counts.count)))
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  public mutating func text() -> String {
    let words = ["main mode", "10.1.0.0/16 → 10.2.0.0/16", "", "über", "policy 3", "a\u{1B}[31mb", "🔑"]
    return words[Int(below(UInt64(words.count)))]
  }

  public mutating func element<Value>(_ values: [Value]) -> Value { values[Int(below(UInt64(values.count)))] }

  public mutating func optional<Value>(_ make: (inout SampleGenerator) -> Value) -> Value? {
    boolean() ? make(&self) : nil
  }
}
