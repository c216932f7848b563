import Wire

extension KeyRing {
  /// Adds the associations of a JSON list, AH included: an array of objects, or an object with such an array under
  /// `sas`. Each has `proto` (`esp` or `ah`), `spi`, and where they apply `src`, `dst`, `enc`, `enc_key`, `auth` and
  /// `auth_key`; `mode` is not needed, since the packets say it, and what is listed for IPComp is passed over. Objects that make no sense are left out, and reported.
  public mutating func addAssociationList(_ text: [UInt8], path: String) -> [KeyFileError] {
    var problems: [KeyFileError] = []
    do throws(KeyFileError) {
      let document = try JSONReader.read(text, path: path)
      let list = document["sas"] ?? document
      guard case .array(let elements) = list.value else {
        throw AssociationEntry(list, path: path).error(
          nil, "there is no list of associations", "expected an array, or an object with an array under \"sas\"")
      }
      for element in elements {
        do throws(KeyFileError) {
          if let association = try AssociationEntry(element, path: path).association() { add(association) }
        } catch { problems.append(error) }
      }
    } catch { problems.append(error) }
    return problems
  }
}

/// One object of the list.
private struct AssociationEntry {
  private let node: JSONNode
  private let path: String

  init(_ node: JSONNode, path: String) {
    self.node = node
    self.path = path
  }

  /// The association; `nil` for one of IPComp, which has no keys.
  func association() throws(KeyFileError) -> AssociationKeys? {
    guard case .object = node.value else {
      throw error(nil, "an association that is no object", "expected { \"proto\": …, \"spi\": …, … }")
    }
    guard let number = try securityProtocol() else { return nil }
    let names = AlgorithmNames.associationList
    let encryption = try algorithm("enc") { (name, key) throws(KeyFault) in try names.encryption(name, key: key) }
    let integrity = try algorithm("auth") { (name, key) throws(KeyFault) in try names.integrity(name, key: key) }
    return AssociationKeys(
      number, spi: SPIPattern(try spi()), source: try address("src"), destination: try address("dst"),
      encryption: number == .ah ? .cipher(.null, key: []) : encryption, integrity: integrity,
      origin: "\(path):\(node.place.line)")
  }

  private func securityProtocol() throws(KeyFileError) -> SecurityProtocol? {
    switch try text("proto")?.lowercased() {
    case "esp": return .esp
    case "ah": return .ah
    case "comp", "ipcomp": return nil
    case nil: throw error(nil, "an association without \"proto\"", "write \"proto\": \"esp\" or \"ah\"")
    case let other?: throw error("proto", "unknown protocol \(quoted(other))", "expected \"esp\" or \"ah\"")
    }
  }

  /// A number, or a string with a number in decimal or behind `0x`.
  private func spi() throws(KeyFileError) -> UInt32 {
    guard let number = try text("spi") else {
      throw error(nil, "an association without \"spi\"", "write \"spi\": \"0x…\" or a number")
    }
    guard let spi = SPIPattern(number)?.exact else {
      throw error(
        "spi", "the SPI \(quoted(number)) makes no sense", "write a number of 32 bits, or 0x and eight digits")
    }
    return spi
  }

  private func address(_ name: String) throws(KeyFileError) -> AddressPattern {
    guard let text = try text(name) else { return .any }
    guard let pattern = AddressPattern(text) else {
      throw error(name, "the address \(quoted(text)) makes no sense", "write an IPv4 or IPv6 address, or *")
    }
    return pattern
  }

  private func algorithm<Result>(
    _ name: String, _ read: (String, String) throws(KeyFault) -> Result
  ) throws(KeyFileError) -> Result {
    let (algorithm, key) = (try text(name) ?? "NULL", try text("\(name)_key") ?? "")
    do throws(KeyFault) {
      return try read(algorithm, key)
    } catch {
      throw self.error(error.part == .name ? name : "\(name)_key", error.problem, error.remedy)
    }
  }

  /// A string or number as text; `nil` where it is missing or null.
  private func text(_ name: String) throws(KeyFileError) -> String? {
    switch node[name]?.value {
    case nil, .null: return nil
    case .string(let text), .number(let text): return text
    default: throw error(name, "\"\(name)\" has a value of the wrong kind", "expected a string")
    }
  }

  func error(_ name: String?, _ problem: String, _ remedy: String) -> KeyFileError {
    let place = name.flatMap { node[$0]?.place } ?? node.place
    return KeyFileError(path: path, line: place.line, column: place.column, problem: problem, remedy: remedy)
  }
}
