import Foundation
import Testing
import Units

@testable import Wire

/// tshark's opinion of our fields. `make test` installs it; where it is missing these tests are reported as skipped.
@Suite("Agreement with tshark, field by field")
struct TsharkAgreementTests {
  static let tshark = ["/usr/bin/tshark", "/usr/local/bin/tshark"].first(
    where: FileManager.default.isExecutableFile(atPath:))
  /// `../shared/oracles` beside the package.
  static let oracles = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/oracles")
  static let hasOracles = FileManager.default.fileExists(atPath: oracles.appendingPathComponent("captures").path)

  struct Frame {
    let name: String
    let linkType: LinkType
    let bytes: [UInt8]
  }

  @Test("on a frame of each kind that our writers make", .enabled(if: tshark != nil, "tshark is not installed"))
  func samples() throws {
    let frames = SampleFrames.all.map { Frame(name: $0.name, linkType: $0.linkType, bytes: $0.bytes) }
    let compared = try compare(frames)
    #expect(compared > 400)
  }

  @Test(
    "on every capture of ../shared/oracles",
    .enabled(
      if: tshark != nil && hasOracles, "tshark is not installed, or ../shared/oracles is not beside the package"))
  func captures() throws {
    var frames: [Frame] = []
    for file in try Self.captureFiles() {
      var reader = CaptureReader([UInt8](try Data(contentsOf: file)))
      while let frame = try reader.next() {
        let name = file.pathComponents.suffix(2).joined(separator: "/") + " frame \(frame.number)"
        frames.append(Frame(name: name, linkType: frame.linkType, bytes: frame.bytes))
      }
    }
    let compared = try compare(frames)
    #expect(compared > 20_000)
  }

  private static func captureFiles() throws -> [URL] {
    let manager = FileManager.default
    let captures = try manager.contentsOfDirectory(
      at: oracles.appendingPathComponent("captures"), includingPropertiesForKeys: nil
    ).map { $0.appendingPathComponent("capture.pcap") }
    let kernel = try manager.contentsOfDirectory(
      at: oracles.appendingPathComponent("kernel"), includingPropertiesForKeys: nil)
    return (captures + kernel.filter { $0.pathExtension == "pcap" }).sorted { $0.path < $1.path }
  }

  /// Compares every field that we have a display filter's name for; returns how many values agreed.
  private func compare(_ frames: [Frame]) throws -> Int {
    let ours = frames.map { Self.fields(of: Dissector.dissect($0.bytes, linkType: $0.linkType)) }
    let names = Set(ours.flatMap { $0.map(\.name) }).sorted()
    let theirs = try Self.ask(frames, names)
    try #require(theirs.count == frames.count, "tshark saw \(theirs.count) of \(frames.count) frames")
    var agreed = 0
    for (index, frame) in frames.enumerated() {
      for (column, name) in names.enumerated() {
        let mine = ours[index].filter { $0.name == name }.map(\.value)
        let answer = Self.values(theirs[index][column], of: name)
        guard mine.count == answer.count, zip(mine, answer).allSatisfy({ Self.agree($0, $1, name) }) else {
          Issue.record("\(frame.name): \(name) is \(mine) here and \(answer) there")
          continue
        }
        agreed += mine.count
      }
    }
    return agreed
  }

  /// The fields in the order of the layers, children after their parents. ISAKMP is compared by its own tests; opaque
  /// octets aren't compared, since tshark names them by what it would like to do with them.
  private static func fields(of frame: Dissection) -> [(name: String, value: FieldValue)] {
    func flatten(_ nodes: [FieldNode]) -> [(name: String, value: FieldValue)] {
      nodes.flatMap { node -> [(name: String, value: FieldValue)] in
        let own = node.displayFilterName.map { [(name: $0, value: node.value)] } ?? []
        return (isCompared(node) ? own : []) + flatten(node.children)
      }
    }
    return frame.layers.filter { $0.kind != .isakmp }.flatMap { flatten($0.fields) }
  }

  private static func isCompared(_ node: FieldNode) -> Bool {
    ![nil, "data.data", "esp.encrypted_data", "tcp.options"].contains(node.displayFilterName) && node.value != .group
  }

  /// tshark says `ip.version` of IPv6 too, beside `ipv6.version`.
  private static func values(_ text: String, of name: String) -> [String] {
    text.split(separator: "|").map(String.init).filter { name != "ip.version" || $0 != "6" }
  }

  private static func agree(_ mine: FieldValue, _ theirs: String, _ name: String) -> Bool {
    switch mine {
    case .unsigned(let value):
      if let number = number(theirs) { return number == value }
      // tshark calls some groups of bits a boolean, and reserved octets bytes.
      return theirs == "True" && value != 0 || theirs == "False" && value == 0
    case .boolean(let value): return number(theirs) == (value ? 1 : 0) || theirs == (value ? "True" : "False")
    case .text(let value): return theirs == value
    case .bytes(let value): return octets(theirs) == value
    case .group: return true
    }
  }

  private static func number(_ text: String) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }

  private static func octets(_ text: String) -> [UInt8] {
    let digits = Array(text.filter { $0 != ":" })
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
  }

  /// What tshark says of each frame: a column a name, values separated by bars. One run for all frames, since starting
  /// it takes longer than reading them.
  private static func ask(_ frames: [Frame], _ names: [String]) throws -> [[String]] {
    var writer = PcapngWriter(version: "test")
    var interfaces: [LinkType: Int] = [:]
    for frame in frames {
      let known = interfaces[frame.linkType]
      let interface = known ?? writer.addInterface(name: "\(frame.linkType.rawValue)", linkType: frame.linkType)
      interfaces[frame.linkType] = interface
      writer.append(frame.bytes, interface: interface, at: .zero)
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID().uuidString).pcapng")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(writer.bytes).write(to: file)
    let preferences = ["ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE"]
    let arguments =
      ["-r", file.path, "-n", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|", "-E", "separator=/t"]
      + preferences.flatMap { ["-o", $0] } + names.flatMap { ["-e", $0] }
    return try run(arguments).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(tshark))
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "tshark failed with \(process.terminationStatus)")
    return String(decoding: data, as: UTF8.self)
  }
}
