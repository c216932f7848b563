/// Why octets are not what they were read as: where, what, and what was expected. The text is what a person reads.
public struct DERError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was read: `certificate`.
  public let structure: String
  /// The part of it that is wrong: `serial number`.
  public let field: String
  /// Where that begins, in octets.
  public let offset: Int
  /// What is wrong with it.
  public let fault: String

  public var description: String { "\(structure) · \(field) at octet \(offset): \(fault)" }
}

/// Where a value lies in the octets that are read.
struct DERValue: Hashable, Sendable {
  let tag: DERTag
  /// With tag and length.
  let whole: Range<Int>
  let contents: Range<Int>
}

/// Takes one value after the other out of octets, and never a step past their end. Lengths are definite and as short as
/// they can be (X.690 §10.1).
struct DERReader: Sendable {
  /// Values inside values: what a certificate needs is less than half of it.
  private static let deepest = 16

  let octets: [UInt8]
  let structure: String
  private(set) var position: Int
  private let end: Int
  private let depth: Int

  /// Reads all of `octets`, which are to be a `structure`: the word that errors begin with.
  init(_ octets: [UInt8], structure: String) {
    self.init(octets, structure: structure, 0..<octets.count, depth: 0)
  }

  private init(_ octets: [UInt8], structure: String, _ range: Range<Int>, depth: Int) {
    self.octets = octets
    self.structure = structure
    self.depth = depth
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { position == end }

  func error(_ field: String, at offset: Int, _ fault: String) -> DERError {
    DERError(structure: structure, field: field, offset: offset, fault: fault)
  }

  /// Whether a value with that tag is next.
  func isNext(_ tag: DERTag) -> Bool { position < end && octets[position] == tag.rawValue }

  /// The next value, whatever it is.
  mutating func next(_ field: String) throws(DERError) -> DERValue {
    let start = position
    guard end - start >= 2 else { throw error(field, at: start, "is missing") }
    let tag = octets[start]
    guard tag & 0x1F != 0x1F else { throw error(field, at: start, "has a tag of several octets") }
    let first = Int(octets[start + 1])
    var (length, header) = (first, 2)
    if first > 0x7F {
      header += first & 0x7F
      guard (1...4).contains(first & 0x7F), header <= end - start else {
        throw error(field, at: start, "has a length that is indefinite, or of more octets than there can be")
      }
      length = octets[start + 2..<start + header].reduce(0) { $0 << 8 | Int($1) }
      guard length > 0x7F, octets[start + 2] != 0 else {
        throw error(field, at: start, "has a length in more octets than it needs (X.690 §10.1)")
      }
    }
    guard length <= end - start - header else {
      throw error(field, at: start, "has \(Cryptography.octets(length)), and there are \(end - start - header)")
    }
    position = start + header + length
    return DERValue(
      tag: DERTag(rawValue: tag), whole: start..<position, contents: start + header..<position)
  }

  /// The next value, which must have that tag.
  mutating func next(_ tag: DERTag, _ field: String) throws(DERError) -> DERValue {
    let start = position
    guard position < end else { throw error(field, at: start, "is missing") }
    guard octets[start] == tag.rawValue else {
      throw error(field, at: start, "has tag \(hexadecimal(octets[start])); expected \(hexadecimal(tag.rawValue))")
    }
    return try next(field)
  }

  private func hexadecimal(_ octet: UInt8) -> String {
    "0x" + (octet < 16 ? "0" : "") + String(octet, radix: 16, uppercase: true)
  }

  /// What reads the values inside of one.
  func inside(_ value: DERValue) throws(DERError) -> DERReader {
    guard depth < Self.deepest else {
      throw error("value", at: value.whole.lowerBound, "lies more than \(Self.deepest) values deep")
    }
    return DERReader(octets, structure: structure, value.contents, depth: depth + 1)
  }

  /// What reads the values inside the next one.
  mutating func sequence(_ field: String) throws(DERError) -> DERReader { try inside(next(.sequence, field)) }

  /// The contents of a value.
  func contents(_ value: DERValue) -> [UInt8] { Array(octets[value.contents]) }
  /// A value with its tag and length.
  func whole(_ value: DERValue) -> [UInt8] { Array(octets[value.whole]) }

  /// Says that something stands where nothing should.
  func finish(_ field: String) throws(DERError) {
    guard isAtEnd else { throw error(field, at: position, "\(Cryptography.octets(end - position)) left over") }
  }

  // MARK: - Values

  /// A number that is not negative, as few octets as it takes; none for zero.
  mutating func number(_ field: String) throws(DERError) -> [UInt8] {
    let value = try next(.integer, field)
    let octets = contents(value)
    guard let first = octets.first else { throw error(field, at: value.whole.lowerBound, "has no octets") }
    guard first < 0x80 else { throw error(field, at: value.whole.lowerBound, "is negative") }
    return Array(octets.drop { $0 == 0 })
  }

  /// A number below 2^31.
  mutating func smallNumber(_ field: String) throws(DERError) -> Int {
    let start = position
    let octets = try number(field)
    guard octets.count <= 4, octets.count < 4 || octets[0] < 0x80 else {
      throw error(field, at: start, "is larger than it can be")
    }
    return octets.reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func objectIdentifier(_ field: String) throws(DERError) -> ObjectIdentifier {
    let value = try next(.objectIdentifier, field)
    let octets = contents(value)
    guard let last = octets.last, last < 0x80 else {
      throw error(field, at: value.whole.lowerBound, "is no object identifier")
    }
    return ObjectIdentifier(contents: octets)
  }

  /// A bit string of whole octets.
  mutating func bitString(_ field: String) throws(DERError) -> [UInt8] {
    let value = try next(.bitString, field)
    guard let unused = octets[value.contents].first, unused == 0 else {
      throw error(field, at: value.whole.lowerBound, "is no bit string of whole octets")
    }
    return Array(contents(value).dropFirst())
  }

  /// The numbers of the bits that are set, bit 0 the highest of the first octet.
  mutating func namedBits(_ field: String) throws(DERError) -> Set<Int> {
    let value = try next(.bitString, field)
    let octets = contents(value)
    guard let unused = octets.first, unused < 8, octets.count <= 5 else {
      throw error(field, at: value.whole.lowerBound, "is no bit string of up to 32 bits")
    }
    let bits = octets.dropFirst()
    return Set((0..<bits.count * 8).filter { bits[1 + $0 / 8] & (0x80 >> UInt8($0 % 8)) != 0 })
  }

  mutating func boolean(_ field: String) throws(DERError) -> Bool {
    let value = try next(.boolean, field)
    guard value.contents.count == 1 else {
      throw error(field, at: value.whole.lowerBound, "has \(Cryptography.octets(value.contents.count)); expected 1")
    }
    return octets[value.contents.lowerBound] != 0
  }

  /// A truth value that may be left out where it is false.
  mutating func optionalBoolean(_ field: String) throws(DERError) -> Bool {
    try isNext(.boolean) ? boolean(field) : false
  }
}
