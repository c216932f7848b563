import Wire

/// The two key files of Wireshark: lines of fields with commas between them. What begins with `#` is a comment.
extension KeyRing {
  /// Adds the lines of an `esp_sa` file: protocol, source, destination, SPI, encryption, its key, authentication, its
  /// key, each in double quotes. Lines that make no sense are left out, and reported.
  public mutating func addESPAssociations(_ text: [UInt8], path: String) -> [KeyFileError] {
    addLines(text, path: path) { (keys, fields, origin) throws(KeyFileError) in
      keys.add(try Self.association(fields, origin: origin))
    }
  }

  /// Adds the lines of an `ikev1_decryption_table`: initiator cookie, comma, encryption key, both in hexadecimal.
  public mutating func addISAKMPKeys(_ text: [UInt8], path: String) -> [KeyFileError] {
    addLines(text, path: path) { (keys, fields, origin) throws(KeyFileError) in
      keys.add(try Self.isakmpKey(fields, origin: origin))
    }
  }

  private mutating func addLines(
    _ text: [UInt8], path: String,
    _ add: (inout KeyRing, KeyFileLine, String) throws(KeyFileError) -> Void
  ) -> [KeyFileError] {
    var problems: [KeyFileError] = []
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, octets) in lines.enumerated() {
      do throws(KeyFileError) {
        let line = try KeyFileLine(Array(octets), path: path, number: index + 1)
        if !line.isEmpty { try add(&self, line, "\(path):\(index + 1)") }
      } catch { problems.append(error) }
    }
    return problems
  }

  private static func association(_ line: KeyFileLine, origin: String) throws(KeyFileError) -> AssociationKeys {
    try line.requireFields(
      8, "expected \"IPv4\",\"source\",\"destination\",\"0xSPI\",\"encryption\",\"key\",\"authentication\",\"key\"")
    guard ["IPv4", "IPv6", "*"].contains(line[0]) else {
      throw line.error(0, "unknown protocol \(quoted(line[0]))", "expected \"IPv4\" or \"IPv6\"")
    }
    guard let spi = SPIPattern(line[3]) else {
      throw line.error(
        3, "the SPI \(quoted(line[3])) makes no sense", "write 0x and up to eight hexadecimal digits, or *")
    }
    let names = AlgorithmNames.wireshark
    return AssociationKeys(
      .esp, spi: spi, source: try line.address(1), destination: try line.address(2),
      encryption: try line.algorithm(4) { (name, key) throws(KeyFault) in try names.encryption(name, key: key) },
      integrity: try line.algorithm(6) { (name, key) throws(KeyFault) in try names.integrity(name, key: key) },
      origin: origin)
  }

  private static func isakmpKey(_ line: KeyFileLine, origin: String) throws(KeyFileError) -> ISAKMPKey {
    try line.requireFields(2, "expected the initiator cookie (16 hexadecimal digits), a comma and the encryption key")
    guard let cookie = octets(hexadecimal: line[0]), cookie.count == 8 else {
      throw line.error(0, "the initiator cookie \(quoted(line[0])) makes no sense", "write 16 hexadecimal digits")
    }
    guard let key = octets(hexadecimal: line[1]), !key.isEmpty else {
      throw line.error(
        1, "the encryption key \(quoted(line[1])) makes no sense", "write hexadecimal digits, two an octet")
    }
    let number = cookie.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return ISAKMPKey(initiatorCookie: Cookie(rawValue: number), key: key, origin: origin)
  }
}

/// One line of fields, each with or without double quotes.
struct KeyFileLine {
  let path: String
  let number: Int
  private var fields: [(text: String, column: Int)] = []
  private let length: Int

  /// Whether there is nothing on the line but a comment.
  var isEmpty: Bool { fields.isEmpty }

  subscript(index: Int) -> String { fields[index].text }

  init(_ octets: [UInt8], path: String, number: Int) throws(KeyFileError) {
    self.path = path
    self.number = number
    length = octets.count
    var position = 0
    Self.skipBlanks(octets, &position)
    if position == octets.count || octets[position] == UInt8(ascii: "#") { return }
    while true {
      Self.skipBlanks(octets, &position)
      let column = position + 1
      fields.append((try field(octets, &position), column))
      Self.skipBlanks(octets, &position)
      if position == octets.count { return }
      guard octets[position] == UInt8(ascii: ",") else {
        throw KeyFileError(
          path: path, line: number, column: position + 1, problem: "something follows the quoted field",
          remedy: "expected a comma or the end of the line")
      }
      position += 1
    }
  }

  private static func skipBlanks(_ octets: [UInt8], _ position: inout Int) {
    while position < octets.count, [0x20, 0x09, 0x0D].contains(octets[position]) { position += 1 }
  }

  private func field(_ octets: [UInt8], _ position: inout Int) throws(KeyFileError) -> String {
    let start = position
    guard position < octets.count, octets[position] == UInt8(ascii: "\"") else {
      while position < octets.count, octets[position] != UInt8(ascii: ",") { position += 1 }
      let text = octets[start..<position].reversed().drop { [0x20, 0x09, 0x0D].contains($0) }.reversed()
      return String(decoding: text, as: UTF8.self)
    }
    position += 1
    while position < octets.count, octets[position] != UInt8(ascii: "\"") { position += 1 }
    guard position < octets.count else {
      throw KeyFileError(
        path: path, line: number, column: start + 1, problem: "the double quote is never closed",
        remedy: "put a double quote at the end of the field")
    }
    defer { position += 1 }
    return String(decoding: octets[start + 1..<position], as: UTF8.self)
  }

  func error(_ index: Int, _ problem: String, _ remedy: String) -> KeyFileError {
    KeyFileError(path: path, line: number, column: fields[index].column, problem: problem, remedy: remedy)
  }

  func requireFields(_ count: Int, _ remedy: String) throws(KeyFileError) {
    guard fields.count != count else { return }
    throw KeyFileError(
      path: path, line: number, column: fields.count > count ? fields[count].column : length + 1,
      problem: "\(fields.count) field\(fields.count == 1 ? "" : "s") where there should be \(count)", remedy: remedy)
  }

  func address(_ index: Int) throws(KeyFileError) -> AddressPattern {
    guard let pattern = AddressPattern(self[index]) else {
      throw error(
        index, "the address \(quoted(self[index])) makes no sense", "write an IPv4 or IPv6 address, a prefix, or *")
    }
    return pattern
  }

  /// Reads the algorithm at `index` with the key behind it.
  func algorithm<Result>(
    _ index: Int, _ read: (String, String) throws(KeyFault) -> Result
  ) throws(KeyFileError) -> Result {
    do throws(KeyFault) {
      return try read(self[index], self[index + 1])
    } catch {
      throw self.error(error.part == .name ? index : index + 1, error.problem, error.remedy)
    }
  }
}
