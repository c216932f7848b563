/// Unpacks DEFLATE (RFC 1951), as IPComp packs single datagrams with it (RFC 2394). Every length is checked and the
/// output bounded, since the octets may come from anybody.
struct Inflater {
  /// Why octets could not be unpacked.
  enum Fault: Error, Hashable, Sendable {
    case truncated
    case blockType
    case storedLength
    case codeLengths
    case code
    case distance
    case tooLong
  }

  /// No datagram is longer.
  static let longest = 65_535

  private let input: [UInt8]
  private var position: Int
  private let end: Int
  private var bits: UInt32 = 0
  private var bitCount = 0
  private var output: [UInt8] = []

  private init(_ input: [UInt8], _ range: Range<Int>) {
    self.input = input
    position = range.lowerBound
    end = range.upperBound
  }

  /// Unpacks the octets of `input` in `range`.
  static func inflate(_ input: [UInt8], _ range: Range<Int>) throws(Fault) -> [UInt8] {
    var inflater = Inflater(input, range)
    while try !inflater.block() {}
    return inflater.output
  }

  private mutating func take(_ count: Int) throws(Fault) -> Int {
    while bitCount < count {
      guard position < end else { throw .truncated }
      bits |= UInt32(input[position]) << UInt32(bitCount)
      position += 1
      bitCount += 8
    }
    defer {
      bits >>= UInt32(count)
      bitCount -= count
    }
    return Int(bits & ((1 << UInt32(count)) - 1))
  }

  /// Unpacks one block; returns whether it was the last. RFC 1951 §3.2.3.
  private mutating func block() throws(Fault) -> Bool {
    let isLast = try take(1) == 1
    switch try take(2) {
    case 0: try stored()
    case 1: try compressed(Self.fixedLiterals, Self.fixedDistances)
    case 2: try dynamic()
    default: throw .blockType
    }
    return isLast
  }

  /// RFC 1951 §3.2.4.
  private mutating func stored() throws(Fault) {
    (bits, bitCount) = (0, 0)
    let length = try take(16)
    guard try take(16) == length ^ 0xFFFF else { throw .storedLength }
    guard length <= end - position else { throw .truncated }
    guard output.count + length <= Self.longest else { throw .tooLong }
    output += input[position..<position + length]
    position += length
  }

  private static let fixedLiterals = HuffmanCode(
    (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  private static let fixedDistances = HuffmanCode([UInt8](repeating: 5, count: 30))
  /// The order in which lengths of code length codes are sent. RFC 1951 §3.2.7.
  private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  /// RFC 1951 §3.2.7.
  private mutating func dynamic() throws(Fault) {
    let (literals, distances) = (try take(5) + 257, try take(5) + 1)
    let count = try take(4) + 4
    var lengths = [UInt8](repeating: 0, count: 19)
    for index in 0..<count { lengths[Self.order[index]] = UInt8(try take(3)) }
    let all = try codeLengths(literals + distances, by: HuffmanCode(lengths))
    try compressed(HuffmanCode(Array(all[..<literals])), HuffmanCode(Array(all[literals...])))
  }

  private mutating func codeLengths(_ count: Int, by code: HuffmanCode) throws(Fault) -> [UInt8] {
    var lengths: [UInt8] = []
    while lengths.count < count {
      let symbol = try symbol(code)
      switch symbol {
      case 16:
        guard let last = lengths.last else { throw .codeLengths }
        lengths += repeatElement(last, count: try take(2) + 3)
      case 17: lengths += repeatElement(0, count: try take(3) + 3)
      case 18: lengths += repeatElement(0, count: try take(7) + 11)
      default: lengths.append(UInt8(symbol))
      }
    }
    guard lengths.count == count else { throw .codeLengths }
    return lengths
  }

  private mutating func symbol(_ code: HuffmanCode) throws(Fault) -> Int {
    var (value, first, index) = (0, 0, 0)
    for length in 1...15 {
      value |= try take(1)
      let count = Int(code.counts[length])
      if value - first < count { return Int(code.symbols[index + value - first]) }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw .code
  }

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
  ]

  /// RFC 1951 §3.2.5.
  private mutating func compressed(_ literals: HuffmanCode, _ distances: HuffmanCode) throws(Fault) {
    while true {
      let symbol = try symbol(literals)
      if symbol == 256 { return }
      if symbol < 256 {
        guard output.count < Self.longest else { throw .tooLong }
        output.append(UInt8(symbol))
      } else {
        try copy(symbol - 257, distances)
      }
    }
  }

  private mutating func copy(_ index: Int, _ distances: HuffmanCode) throws(Fault) {
    guard index < Self.lengthBases.count else { throw .code }
    let length = Self.lengthBases[index] + (try take(Self.lengthBits[index]))
    let code = try symbol(distances)
    guard code < Self.distanceBases.count else { throw .code }
    let distance = Self.distanceBases[code] + (try take(max(0, code / 2 - 1)))
    guard distance <= output.count else { throw .distance }
    guard output.count + length <= Self.longest else { throw .tooLong }
    for _ in 0..<length { output.append(output[output.count - distance]) }
  }
}

/// A code as its lengths define it (RFC 1951 §3.2.2): how many codes of each length, and the symbols in their order.
private struct HuffmanCode: Sendable {
  var counts = [UInt16](repeating: 0, count: 16)
  var symbols: [UInt16] = []

  /// `lengths` has the length of the code of each symbol, 15 at most.
  init(_ lengths: [UInt8]) {
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    for length in UInt8(1)...15 where counts[Int(length)] > 0 {
      for (symbol, own) in lengths.enumerated() where own == length { symbols.append(UInt16(symbol)) }
    }
  }
}
