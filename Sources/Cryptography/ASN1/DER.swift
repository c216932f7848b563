/// Values in the Distinguished Encoding Rules (ITU-T X.690): tag, length, contents.
enum DER {
  static let null: [UInt8] = [DERTag.null.rawValue, 0]

  /// A value with its tag and length in front.
  static func value(_ tag: DERTag, _ contents: [UInt8]) -> [UInt8] {
    [tag.rawValue] + length(contents.count) + contents
  }

  private static func length(_ count: Int) -> [UInt8] {
    guard count > 127 else { return [UInt8(count)] }
    let octets = (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }.drop { $0 == 0 }
    return [0x80 | UInt8(octets.count)] + octets
  }

  static func sequence(_ parts: [UInt8]...) -> [UInt8] { sequence(of: parts) }
  static func sequence(of parts: [[UInt8]]) -> [UInt8] { value(.sequence, Array(parts.joined())) }

  /// The values of a set stand in the order of their octets (X.690 §11.6).
  static func set(of parts: [[UInt8]]) -> [UInt8] {
    value(.set, Array(parts.sorted { $0.lexicographicallyPrecedes($1) }.joined()))
  }

  /// A number that is not negative, from octets that may have zeros in front.
  static func integer(_ octets: [UInt8]) -> [UInt8] {
    let short = Array(octets.drop { $0 == 0 })
    return value(.integer, (short.first ?? 0x80) >= 0x80 ? [0] + short : short)
  }

  static func integer(_ number: UInt64) -> [UInt8] {
    integer((0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) })
  }

  static func octetString(_ octets: [UInt8]) -> [UInt8] { value(.octetString, octets) }

  /// Whole octets of bits.
  static func bitString(_ octets: [UInt8]) -> [UInt8] { value(.bitString, [0] + octets) }

  /// Bits with names, of which the last ones that are zero are left out (X.690 §11.2.2). Bit 0 is the highest of the
  /// first octet.
  static func namedBits(_ bits: [Int]) -> [UInt8] {
    guard let last = bits.max() else { return value(.bitString, [0]) }
    var octets = [UInt8](repeating: 0, count: last / 8 + 1)
    for bit in bits { octets[bit / 8] |= 0x80 >> UInt8(bit % 8) }
    return value(.bitString, [UInt8(7 - last % 8)] + octets)
  }

  static func boolean(_ isTrue: Bool) -> [UInt8] { value(.boolean, [isTrue ? 0xFF : 0]) }

  /// The arcs of an identifier, the first two of them in one number (X.690 §8.19).
  static func objectIdentifier(_ identifier: ObjectIdentifier) -> [UInt8] {
    value(.objectIdentifier, identifier.contents)
  }

  static func string(_ tag: DERTag, _ text: String) -> [UInt8] { value(tag, Array(text.utf8)) }
}

/// The first octet of a value: class, whether values are inside, and number.
struct DERTag: RawRepresentable, Hashable, Sendable {
  let rawValue: UInt8

  static let boolean = DERTag(rawValue: 0x01)
  static let integer = DERTag(rawValue: 0x02)
  static let bitString = DERTag(rawValue: 0x03)
  static let octetString = DERTag(rawValue: 0x04)
  static let null = DERTag(rawValue: 0x05)
  static let objectIdentifier = DERTag(rawValue: 0x06)
  static let enumerated = DERTag(rawValue: 0x0A)
  static let utf8String = DERTag(rawValue: 0x0C)
  static let printableString = DERTag(rawValue: 0x13)
  static let teletexString = DERTag(rawValue: 0x14)
  static let ia5String = DERTag(rawValue: 0x16)
  static let utcTime = DERTag(rawValue: 0x17)
  static let generalizedTime = DERTag(rawValue: 0x18)
  static let bmpString = DERTag(rawValue: 0x1E)
  static let sequence = DERTag(rawValue: 0x30)
  static let set = DERTag(rawValue: 0x31)

  /// [number] with a plain value inside.
  static func context(_ number: UInt8) -> DERTag { DERTag(rawValue: 0x80 | number) }
  /// [number] with values inside.
  static func constructed(_ number: UInt8) -> DERTag { DERTag(rawValue: 0xA0 | number) }
}

/// The name of an algorithm, an attribute or an extension: numbers of a tree.
struct ObjectIdentifier: Hashable, Sendable {
  /// As it is encoded, without tag and length.
  let contents: [UInt8]

  init(contents: [UInt8]) { self.contents = contents }

  /// At least two arcs, the first of them 0 to 2.
  init(_ arcs: UInt64...) {
    contents = ([arcs[0] * 40 + arcs[1]] + arcs.dropFirst(2)).flatMap(Self.encoded)
  }

  private static func encoded(_ arc: UInt64) -> [UInt8] {
    var (octets, rest) = ([UInt8(arc & 0x7F)], arc >> 7)
    while rest > 0 {
      octets.insert(0x80 | UInt8(rest & 0x7F), at: 0)
      rest >>= 7
    }
    return octets
  }
}

extension ObjectIdentifier: CustomStringConvertible {
  /// `1.2.840.113549`; an arc that has no end or more than 63 bits is left out.
  var description: String {
    var (arcs, arc): ([UInt64], UInt64) = ([], 0)
    for octet in contents {
      arc = (arc & (UInt64.max >> 8)) << 7 | UInt64(octet & 0x7F)
      guard octet & 0x80 == 0 else { continue }
      if arcs.isEmpty {
        let first = min(arc / 40, 2)
        arcs = [first, arc - first * 40]
      } else {
        arcs.append(arc)
      }
      arc = 0
    }
    return arcs.map { "\($0)" }.joined(separator: ".")
  }
}

extension HashAlgorithm {
  /// RFC 2313 §11, RFC 3279 §2.1, RFC 4055 §2.1; RIPEMD-160 is TeleTrusT's.
  var objectIdentifier: ObjectIdentifier {
    switch self {
    case .md5: ObjectIdentifier(1, 2, 840, 113549, 2, 5)
    case .sha1: ObjectIdentifier(1, 3, 14, 3, 2, 26)
    case .sha256: ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 2, 1)
    case .sha384: ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 2, 2)
    case .sha512: ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 2, 3)
    case .ripemd160: ObjectIdentifier(1, 3, 36, 3, 2, 1)
    }
  }
}
