import Foundation
import Testing

/// What one association of the matrix does.
enum MatrixProtocol: String, CaseIterable, Sendable {
  case ah = "AH"
  case esp = "ESP"
  case espWithoutCipher = "ESP without cipher"
  case espWithoutAuthenticator = "ESP without authenticator"

  /// Its line in a scenario, with the octets of its keys.
  var suite: (line: String, cipherKey: Int, integrityKey: Int) {
    switch self {
    case .ah: ("ah: [sha1]", 0, 20)
    case .esp: ("esp: [aes128-sha1]", 16, 20)
    case .espWithoutCipher: ("esp: [null-md5]", 0, 16)
    case .espWithoutAuthenticator: ("esp: [3des-none]", 24, 0)
    }
  }

  /// What it is in a list of associations and of layers.
  var name: String { self == .ah ? "ah" : "esp" }
}

/// One or two associations around each other, between two hosts of one family.
struct MatrixCombination: Sendable, CustomTestStringConvertible, CustomStringConvertible {
  struct Layer: Sendable {
    var kind: MatrixProtocol
    var isTunnel: Bool

    var words: String { "\(kind.rawValue) in \(isTunnel ? "tunnel" : "transport") mode" }
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
    let single = MatrixProtocol.allCases.flatMap { kind in
      [false, true].map { Layer(kind: kind, isTunnel: $0) }
    }
    let stacks = single.flatMap { inner in [[inner]] + single.map { [inner, $0] } }
    return stacks.enumerated().map { MatrixCombination(index: $0, isIPv6: isIPv6, layers: $1) }
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

  init(isIPv6: Bool) {
    self.isIPv6 = isIPv6
    combinations = MatrixCombination.all(isIPv6: isIPv6)
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
              - { \(layer.kind.suite.line), mode: \(layer.isTunnel ? "tunnel" : "transport")\(tunnel), manual: { \
      out: \(keys(combination, index, isBack: host == 2)), in: \(keys(combination, index, isBack: host == 1)) } }

      """
  }

  private func keys(_ combination: MatrixCombination, _ layer: Int, isBack: Bool) -> String {
    let spi = combination.spi(layer, isBack: isBack)
    let suite = combination.layers[layer].kind.suite
    func key(_ name: String, _ count: Int, _ salt: Int) -> String {
      guard count > 0 else { return "" }
      // Odd parity is nobody's concern; that no two blocks are the same is DES's.
      let octets = (0..<count).map { UInt8(truncatingIfNeeded: ($0 + 1) * 37 &+ spi * 11 &+ salt) }
      return ", \(name): \"0x\(octets.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())\""
    }
    return "{ spi: \(spi)\(key("cipher-key", suite.cipherKey, 1))\(key("integrity-key", suite.integrityKey, 2)) }"
  }
}
