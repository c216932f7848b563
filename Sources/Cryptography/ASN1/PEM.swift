/// Octets in printable characters between two lines that say what they are (RFC 7468).
public struct PEMBlock: Hashable, Sendable {
  /// What stands behind `BEGIN`: `CERTIFICATE`.
  public let label: String
  /// What stands between the lines.
  public let octets: [UInt8]

  /// A block that is yet to be written.
  public init(label: String, octets: [UInt8]) {
    self.label = label
    self.octets = octets
  }

  /// The block as text, 64 characters a line, with a line feed at its end.
  public var text: String {
    let characters = Base64.encoded(octets)
    let lines = stride(from: 0, to: characters.count, by: 64).map {
      String(decoding: characters[$0..<min($0 + 64, characters.count)], as: UTF8.self) + "\n"
    }
    return "-----BEGIN \(label)-----\n" + lines.joined() + "-----END \(label)-----\n"
  }

  /// Every block of a text, in order. What stands outside of them is passed over, as RFC 7468 §2 permits; errors name the
  /// line.
  public static func all(in text: String) throws(PEMError) -> [PEMBlock] {
    var blocks: [PEMBlock] = []
    var open: (label: String, line: Int, characters: [UInt8])?
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() {
      let line = String(line.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
      if let label = label(line, "BEGIN") {
        if let open { throw PEMError(line: open.line, label: open.label, fault: .noEnd) }
        open = (label, index + 1, [])
      } else if let label = label(line, "END") {
        guard let block = open, block.label == label else {
          throw PEMError(line: index + 1, label: label, fault: .noBegin)
        }
        guard let octets = Base64.decoded(block.characters) else {
          throw PEMError(line: block.line, label: label, fault: .characters)
        }
        blocks.append(PEMBlock(label: label, octets: octets))
        open = nil
      } else if let block = open {
        // Headers, as encrypted keys have them (RFC 1421 §4.6).
        if line.contains(":") { throw PEMError(line: index + 1, label: block.label, fault: .header) }
        open?.characters += line.utf8
      }
    }
    if let open { throw PEMError(line: open.line, label: open.label, fault: .noEnd) }
    return blocks
  }

  private static func label(_ line: String, _ word: String) -> String? {
    guard line.hasPrefix("-----\(word) "), line.hasSuffix("-----") else { return nil }
    return String(line.dropFirst(word.utf8.count + 6).dropLast(5))
  }
}

/// Why a text is not in PEM. The text is what a person reads.
public struct PEMError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Fault: Hashable, Sendable {
    /// A block that isn't closed.
    case noEnd
    /// An end without a beginning of the same name.
    case noBegin
    /// Characters that are no base64.
    case characters
    /// A header: the block is encrypted.
    case header
    /// A key that is encrypted as PKCS #8 does it.
    case encrypted
    /// None of the blocks is what was looked for.
    case missing
  }

  /// Line of the text, from 1; 0 where the text as a whole is wrong.
  public let line: Int
  /// What the block is, or should be.
  public let label: String
  /// What is wrong.
  public let fault: Fault

  public var description: String {
    switch fault {
    case .noEnd: "line \(line): BEGIN \(label) without its END"
    case .noBegin: "line \(line): END \(label) without its BEGIN"
    case .characters: "line \(line): what follows BEGIN \(label) is not base64"
    case .header:
      "line \(line): \(label) with headers, as encrypted keys have them; decrypt it first: openssl pkey -in FILE"
    case .encrypted: "\(label) is not read; decrypt it first: openssl pkey -in FILE"
    case .missing: "there is no \(label) in it"
    }
  }
}

/// Six bits a character: RFC 4648 §4.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let fill = UInt8(ascii: "=")

  private static let values: [UInt8?] = {
    var values = [UInt8?](repeating: nil, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()

  static func encoded(_ octets: [UInt8]) -> [UInt8] {
    stride(from: 0, to: octets.count, by: 3).flatMap { start in
      let group = octets[start..<min(start + 3, octets.count)]
      let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      return (0..<4).map { $0 > group.count ? fill : alphabet[Int(bits >> UInt32(18 - 6 * $0) & 63)] }
    }
  }

  /// nil where the characters are no groups of four, or others than the alphabet's.
  static func decoded(_ characters: [UInt8]) -> [UInt8]? {
    let digits = Array(characters.reversed().drop { $0 == fill }.reversed())
    guard characters.count.isMultiple(of: 4), characters.count - digits.count <= 2 else { return nil }
    var (octets, bits, count): ([UInt8], UInt32, UInt32) = ([], 0, 0)
    for digit in digits {
      guard let value = values[Int(digit)] else { return nil }
      bits = (bits & 0xFFFF) << 6 | UInt32(value)
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      octets.append(UInt8(truncatingIfNeeded: bits >> count))
    }
    return octets
  }
}
