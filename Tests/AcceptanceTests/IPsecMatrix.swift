import Foundation
import Testing

/// What one association does: a protocol with its algorithms, as a scenario writes it.
struct MatrixSuite: Hashable, Sendable {
  /// What it is called in a test's name.
  var words: String
  /// Its line in a scenario.
  var line: String
  /// Octets of its keys.
  var cipherKey = 0
  var integrityKey = 0
  var isAH = false

  var hasAuthenticator: Bool { integrityKey > 0 }

  /// What it is in a list of associations and of layers.
  var name: String { isAH ? "ah" : "esp" }

  /// Those of the matrix of nestings.
  static let nested = [
    MatrixSuite(words: "AH", line: "ah: [sha1]", integrityKey: 20, isAH: true),
    MatrixSuite(words: "ESP", line: "esp: [aes128-sha1]", cipherKey: 16, integrityKey: 20),
    MatrixSuite(words: "ESP without cipher", line: "esp: [null-md5]", integrityKey: 16),
    MatrixSuite(words: "ESP without authenticator", line: "esp: [3des-none]", cipherKey: 24),
  ]

  private static let ciphers = [
    ("des", 8), ("3des", 24), ("aes128", 16), ("aes192", 24), ("aes256", 32), ("cast128", 16), ("blowfish128", 16),
    ("idea", 16), ("aes128ctr", 20), ("aes192ctr", 28), ("aes256ctr", 36), ("null", 0),
  ]
  private static let authenticators = [("md5", 16), ("sha1", 20), ("sha256", 32), ("ripemd160", 20), ("none", 0)]

  /// Every cipher with every authenticator, and every authenticator of AH.
  static let algorithms: [MatrixSuite] =
    ciphers.flatMap { cipher in
      authenticators.compactMap { integrity in
        guard cipher.1 > 0 || integrity.1 > 0 else { return nil }
        let name = "\(cipher.0)-\(integrity.0)"
        return MatrixSuite(words: "ESP \(name)", line: "esp: [\(name)]", cipherKey: cipher.1, integrityKey: integrity.1)
      }
    }
    + authenticators.dropLast().map { integrity in
      MatrixSuite(words: "AH \(integrity.0)", line: "ah: [\(integrity.0)]", integrityKey: integrity.1, isAH: true)
    }
}

/// One or two associations around each other, between two hosts of one family.
struct MatrixCombination: Sendable, CustomTestStringConvertible, CustomStringConvertible {
  struct Layer: Sendable {
    var suite: MatrixSuite
    var isTunnel: Bool

    var words: String { "\(suite.words) in \(isTunnel ? "tunnel" : "transport") mode" }
  }

  /// Counts the combinations of its family.
  var index: Int
  var isIPv6: Bool
  /// The innermost first.
  var layers: [Layer]

  var description: String {
    "\(isIPv6 ? "IPv6" : "IPv4"): \(layers.map(\.words).joined(separator: ", inside "))"
  }
  var testDescription: String { description }

  /// {AH, ESP, ESP without cipher, ESP without authenticator} × {transport, tunnel} × {alone, nested in each of them}.
  static func all(isIPv6: Bool) -> [MatrixCombination] {
    let single = MatrixSuite.nested.flatMap { suite in
      [false, true].map { Layer(suite: suite, isTunnel: $0) }
    }
    return numbered(single.flatMap { inner in [[inner]] + single.map { [inner, $0] } }, isIPv6: isIPv6)
  }

  /// Every cipher with every authenticator, in tunnel mode.
  static func algorithms(isIPv6: Bool) -> [MatrixCombination] {
    numbered(MatrixSuite.algorithms.map { [Layer(suite: $0, isTunnel: true)] }, isIPv6: isIPv6)
  }

  private static func numbered(_ stacks: [[Layer]], isIPv6: Bool) -> [MatrixCombination] {
    stacks.enumerated().map { MatrixCombination(index: $0, isIPv6: isIPv6, layers: $1) }
  }

  /// The SPI of a layer's association, there or back.
  func spi(_ layer: Int, isBack: Bool) -> Int { 0x10000 + index * 16 + layer * 2 + (isBack ? 1 : 0) }

  /// The address of a host: its own, or one that a layer's tunnel ends at.
  func address(_ host: Int, tunnelOf layer: Int? = nil) -> String {
    let last = 1 + (layer.map { $0 + 1 } ?? 0)
    return isIPv6
      ? "2001:db8:\(host):\(String(index + 1, radix: 16))::\(last)" : "10.\(host).\(index + 1).\(last)"
  }
}

/// A scenario in which every combination of a family has two hosts of its own, keyed by hand, with two routers between
/// them that all packets pass.
struct IPsecMatrix {
  let isIPv6: Bool
  let combinations: [MatrixCombination]

  /// `combinations` are of one family.
  init(_ combinations: [MatrixCombination]) {
    isIPv6 = combinations.first?.isIPv6 ?? false
    self.combinations = combinations
  }

  private func router(_ host: Int) -> String { isIPv6 ? "2001:db8:\(host)::fe" : "10.\(host).255.254" }
  private var length: Int { isIPv6 ? 48 : 16 }
  private func middle(_ end: Int) -> String { isIPv6 ? "2001:db8:99::\(end)" : "192.0.2.\(end)" }

  var text: String {
    """
    lockstep: 1
    name: ipsec-matrix
    description: Every way to put one association into another, each between two hosts of its own.
    duration: 60 s
    nodes:
      r-1: { kind: router, interfaces: { west: "\(router(1))/\(length)", east: "\(middle(1))/\(isIPv6 ? 64 : 30)" }, gateway: "\(middle(2))" }
      r-2: { kind: router, interfaces: { west: "\(middle(2))/\(isIPv6 ? 64 : 30)", east: "\(router(2))/\(length)" }, gateway: "\(middle(1))" }
    \(combinations.map { host($0, 1) + host($0, 2) }.joined())
    links:
      - { name: middle, endpoints: ["r-1:east", "r-2:west"] }
      - { name: west, endpoints: [\((["\"r-1:west\""] + combinations.map { "\"a-\($0.index):lan\"" }).joined(separator: ", "))] }
      - { name: east, endpoints: [\((["\"r-2:east\""] + combinations.map { "\"b-\($0.index):lan\"" }).joined(separator: ", "))] }
    traffic:
    \(combinations.map(traffic).joined())
    """
  }

  private func traffic(_ combination: MatrixCombination) -> String {
    """
      - { name: ping-\(combination.index), from: a-\(combination.index), to: b-\(combination.index), ping: { size: 200 }, \
    start: \(10 + combination.index) ms, count: 2, every: 1 s }

    """
  }

  private func host(_ combination: MatrixCombination, _ host: Int) -> String {
    let addresses =
      [combination.address(host)]
      + combination.layers.indices.map { combination.address(host, tunnelOf: $0) }
    let list = addresses.map { "\"\($0)/\(length)\"" }.joined(separator: ", ")
    return """
        \(host == 1 ? "a" : "b")-\(combination.index):
          kind: host
          interfaces: { lan: [\(list)] }
          gateway: "\(router(host))"
          policies:
            - name: all
              from: "\(combination.address(host))"
              to: "\(combination.address(3 - host))"
              action: apply
              layers:
      \(combination.layers.indices.map { layer(combination, $0, host) }.joined())
      """ + "\n"
  }

  private func layer(_ combination: MatrixCombination, _ index: Int, _ host: Int) -> String {
    let layer = combination.layers[index]
    let tunnel =
      layer.isTunnel
      ? ", tunnel: { local: \"\(combination.address(host, tunnelOf: index))\", "
        + "remote: \"\(combination.address(3 - host, tunnelOf: index))\" }" : ""
    return """
              - { \(layer.suite.line), mode: \(layer.isTunnel ? "tunnel" : "transport")\(tunnel), manual: { \
      out: \(keys(combination, index, isBack: host == 2)), in: \(keys(combination, index, isBack: host == 1)) } }

      """
  }

  private func keys(_ combination: MatrixCombination, _ layer: Int, isBack: Bool) -> String {
    let spi = combination.spi(layer, isBack: isBack)
    let suite = combination.layers[layer].suite
    func key(_ name: String, _ count: Int, _ salt: Int) -> String {
      guard count > 0 else { return "" }
      // Odd parity is nobody's concern; that no two blocks are the same is DES's.
      let octets = (0..<count).map { UInt8(truncatingIfNeeded: ($0 + 1) * 37 &+ spi * 11 &+ salt) }
      return ", \(name): \"0x\(octets.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())\""
    }
    return "{ spi: \(spi)\(key("cipher-key", suite.cipherKey, 1))\(key("integrity-key", suite.integrityKey, 2)) }"
  }
}
