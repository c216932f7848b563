import Testing

@testable import Wire

@Suite("PPP control packets")
struct PPPControlTests {
  /// Address, control and protocol, then a packet.
  static func frame(_ number: PPPProtocol, _ packet: PPPControlPacket) -> [UInt8] {
    var writer = ByteWriter(capacity: 64)
    packet.write(to: &writer)
    return PPPHeader(hasAddressAndControl: true, protocol: number).encoded + writer.bytes
  }

  static func fields(_ number: PPPProtocol, code: UInt8, _ data: [UInt8]) throws -> [FieldNode] {
    let family = try #require(PPPControlPacket.Family(number))
    let packet = PPPControlPacket(family: family, code: code, identifier: 1, data: data)
    let dissection = Dissector.dissect(frame(number, packet) + [0, 0], linkType: .ppp)
    #expect(dissection.layers.map(\.kind) == [.ppp, .pppControl, .frame] && dissection.fault == nil)
    return dissection.layers[1].fields
  }

  @Test("of LCP and IPCP show their options by name")
  func options() throws {
    let request = try Self.fields(.lcp, code: 1, [1, 4, 5, 0, 3, 5, 0xC2, 0x23, 5, 99, 4, 1, 1])
    #expect(request[0].meaning == "Configure-Request" && request[0].displayFilterName == "ppp.code")
    #expect(request.map(\.name) == ["code", "identifier", "length", "option", "option2", "option3"])
    #expect(
      request.dropFirst(3).map(\.meaning) == ["Maximum-Receive-Unit", "Authentication-Protocol", "unknown"])
    let size = try #require(request[3].children.last)
    #expect(size.value == .unsigned(1280) && size.displayFilterName == "lcp.opt.mru")
    #expect(request[4].children[2].meaning == "CHAP" && request[4].children[3].value == .bytes([5]))
    let address = try Self.fields(.ipcp, code: 3, [3, 6, 10, 3, 0, 1])[3].children[2]
    #expect(address.address == .v4(IPv4Address(10, 3, 0, 1)) && address.displayFilterName == "ipcp.opt.ip_address")
  }

  @Test("of PAP and CHAP show who is let in by what")
  func authentication() throws {
    let pap = try Self.fields(.pap, code: 1, [5] + Array("carol".utf8) + [2] + Array("pw".utf8))
    #expect(pap.dropFirst(3).map(\.value) == [.unsigned(5), .text("carol"), .unsigned(2), .text("pw")])
    #expect(pap[0].meaning == "Authenticate-Request" && pap[0].displayFilterName == "pap.code")
    let chap = try Self.fields(.chap, code: 2, [2, 0xAA, 0xBB] + Array("carol".utf8))
    #expect(chap.map(\.name) == ["code", "identifier", "length", "valueSize", "value", "name"])
    #expect(chap[4].value == .bytes([0xAA, 0xBB]) && chap[5].value == .text("carol"))
    #expect(chap[0].meaning == "Response")
  }

  @Test("whose inner lengths make no sense show the rest as data; a wrong length is refused")
  func malformed() throws {
    #expect(try Self.fields(.lcp, code: 1, [1, 1, 9]).last?.name == "data")
    #expect(try Self.fields(.pap, code: 1, [9, 1]).last?.value == .bytes([9, 1]))
    #expect(try Self.fields(.chap, code: 1, [9, 1]).last?.value == .bytes([9, 1]))
    #expect(try Self.fields(.lcp, code: 9, [1]).last?.value == .bytes([1]))
    let dissection = Dissector.dissect([0xC0, 0x21, 1, 1, 0, 9, 1], linkType: .ppp)
    #expect(
      dissection.fault?.description
        == "PPP control · Length at byte 0x0004: 9 exceeds the 5 bytes there are (RFC 1661 §5)")
  }

  @Test("in random disorder never trap, and every field lies inside its packet")
  func chaos() throws {
    for seed in UInt64(1)...500 {
      var noise = Noise(seed: seed)
      let family = PPPControlPacket.Family.allCases[noise.below(6)]
      let packet = PPPControlPacket(
        family: family, code: UInt8(noise.below(12)), identifier: 1, data: noise.octets(noise.below(40)))
      func check(_ nodes: [FieldNode], _ bounds: Range<Int>) {
        for node in nodes {
          #expect(
            bounds.lowerBound <= node.range.lowerBound && node.range.upperBound <= bounds.upperBound, "seed \(seed)")
          check(node.children, node.range)
        }
      }
      check(packet.fields(at: 7), 7..<7 + packet.encodedLength)
    }
  }
}
