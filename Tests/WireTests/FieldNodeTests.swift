import Foundation
import Testing

@testable import Wire

@Suite("Field nodes")
struct FieldNodeTests {
  static let fields = Dissector.dissect(DissectorTests.ping, linkType: .raw).layers[0].fields

  @Test("have the words of their header's table, and of their value")
  func words() throws {
    let node = try #require(Self.fields.first { $0.name == "protocol" })
    #expect(node.title == "Protocol" && node.citation == "RFC 791 §3.1" && node.displayFilterName == "ip.proto")
    #expect(node.explanation == "Which protocol the payload belongs to.")
    #expect(node.value == .unsigned(1) && node.meaning == "ICMP")
    #expect(Self.fields.map(\.meaning).filter { !$0.isEmpty } == ["5 words of four octets", "ICMP", "right"])
    #expect(Self.fields.first { $0.name == "dontFragment" }?.bits == 1..<2)
  }

  @Test("hold addresses as values, and show them as text")
  func addresses() throws {
    let source = try #require(Self.fields.first { $0.name == "sourceAddress" })
    #expect(source.address == .v4(DissectorTests.alice) && source.value == .text("10.1.0.5"))
    let six = Dissector.dissect(SampleFrames.extensions, linkType: .raw).layers[0].fields
    let destination = try #require(six.first { $0.name == "destinationAddress" })
    #expect(destination.address == .v6(SampleFrames.other) && destination.value == .text("2001:db8:0:2::7"))
    #expect(Self.fields[0].address == nil)
  }

  @Test("are equal where they show the same, however they keep it")
  func equality() {
    let buffer: [UInt8] = [9, 1, 2, 3]
    let copy = FieldNode(DataField.data, 1..<4, .bytes([1, 2, 3]))
    let view = FieldNode.octets(DataField.data, 1..<4, of: buffer)
    #expect(copy == view && copy.hashValue == view.hashValue)
    #expect(FieldNode.octets(DataField.data, 1..<4, of: [9, 1, 2, 4]) != copy)
    #expect(FieldNode.octets(DataField.data, 2..<9, of: buffer).value == .bytes([2, 3]))
    let text = FieldNode(IPv4Header.Field.sourceAddress, 12..<16, .text("10.1.0.5"))
    var list = FieldList<IPv4Header.Field>(at: 0)
    list.address(.sourceAddress, 12, DissectorTests.alice)
    #expect(list.nodes == [text])
  }

  @Test("keep value, meaning and children apart when one of them is set")
  func setters() {
    let child = FieldNode(DataField.data, 0..<1, .unsigned(1))
    for value in [FieldValue.bytes([7]), .text("seven"), .unsigned(7), .boolean(true), .group] {
      var node = FieldNode(DataField.data, 0..<1, value)
      node.meaning = "lucky"
      node.children.append(child)
      #expect(node.value == value && node.meaning == "lucky" && node.children == [child])
      node.meaning = ""
      #expect(node.value == value && node.meaning.isEmpty && node.hasChildren)
      node.children = []
      #expect(node == FieldNode(DataField.data, 0..<1, value))
    }
  }

  @Test("are small, so that a capture's worth of them is cheap")
  func size() {
    #expect(MemoryLayout<FieldNode>.stride <= 40)
    #expect(MemoryLayout<FieldAttachment>.size == 8)
  }

  @Test("of one name are numbered from the second on")
  func numbers() throws {
    let options: [UInt8] = [1, 7, 3, 4, 1, 1, 0, 0]
    let header = IPv4Header(from: .any, to: .any, protocol: .tcp, payloadLength: 0, options: options)
    let nodes = try #require(header.fields(at: 0).last).children
    #expect(nodes.map(\.name) == ["option", "option2", "option3", "option4", "option5"])
    #expect(nodes.allSatisfy { $0.baseName == "option" })
  }

  @Test("every layer's fields are found by their two-byte names")
  func registry() {
    let written: Set<LayerKind> = [.dns, .rip]
    for layer in LayerKind.allCases where !written.contains(layer) {
      #expect(FieldRegistry.known(FieldID(layer: layer, index: 0)) != nil, "\(layer)")
    }
    let unknown = FieldID(layer: .dns, index: 200)
    #expect(FieldDescription(unknown) == nil && FieldRegistry.entry(of: unknown).text.name == "field200")
    #expect(FieldRegistry.known(FieldID(layer: .isakmp, index: 255)) == nil)
  }
}

@Suite("Dissections without fields")
struct DissectionDetailTests {
  /// What remains of a dissection when its fields are taken out.
  static func withoutFields(_ dissection: Dissection) -> Dissection {
    var dissection = dissection
    for index in dissection.layers.indices { dissection.layers[index].fields = [] }
    return dissection
  }

  static func check(_ bytes: [UInt8], _ linkType: LinkType, _ name: String) {
    let layers = Dissector.dissect(bytes, linkType: linkType, detail: .layers)
    #expect(layers == withoutFields(Dissector.dissect(bytes, linkType: linkType)), "\(name)")
  }

  @Test("say the same about layers, faults and protected parts, broken frames included")
  func samples() {
    for frame in SampleFrames.all {
      Self.check(frame.bytes, frame.linkType, frame.name)
      for seed in UInt64(1)...20 {
        var noise = Noise(seed: seed)
        var broken = frame.bytes
        for _ in 0...noise.below(3) { broken[noise.below(min(80, broken.count))] = UInt8(noise.below(256)) }
        if noise.below(3) == 0 { broken = Array(broken.prefix(noise.below(broken.count))) }
        Self.check(broken, frame.linkType, "\(frame.name), seed \(seed)")
      }
    }
  }

  @Test(
    "say the same of captured key exchanges (skipped without ../shared/oracles)",
    .enabled(if: Oracles.folder != nil, "needs the captures in ../shared/oracles"))
  func captures() throws {
    for file in Oracles.exchanges {
      for frame in CaptureReader.all(Array(try Data(contentsOf: file))).frames {
        Self.check(frame.bytes, frame.linkType, file.lastPathComponent)
      }
    }
  }
}
