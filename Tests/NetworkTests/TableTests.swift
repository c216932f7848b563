import Journal
import Simulation
import Testing
import Wire

@testable import Network

@Suite("Tables that every packet asks")
struct TableTests {
  @Test("the longest prefix decides, and of two routes for one prefix the first")
  func longestPrefix() {
    var table = RoutingTable()
    table.add(Route(interface: 0, via: address("10.0.0.1")), to: prefix("0.0.0.0/0"))
    table.add(Route(interface: 1, via: nil), to: prefix("10.1.0.0/16"))
    table.add(Route(interface: 2, via: nil), to: prefix("10.1.2.0/24"))
    table.add(Route(interface: 3, via: nil), to: prefix("10.1.0.0/16"))
    #expect(table.route(to: address("10.1.2.3"))?.interface == 2)
    #expect(table.route(to: address("10.1.3.3"))?.interface == 1)
    #expect(table.route(to: address("192.0.2.1")) == Route(interface: 0, via: address("10.0.0.1")))
    #expect(RoutingTable().route(to: address("10.1.2.3")) == nil)
  }

  @Test("a route may go by a neighbour of the other family")
  func otherFamily() {
    var table = RoutingTable()
    table.add(Route(interface: 1, via: address("192.0.2.1")), to: prefix("2001:db8::/32"))
    table.add(Route(interface: 2, via: address("2001:db8:1::1")), to: prefix("10.0.0.0/8"))
    #expect(table.route(to: address("2001:db8::7")) == Route(interface: 1, via: address("192.0.2.1")))
    #expect(table.route(to: address("10.1.2.3")) == Route(interface: 2, via: address("2001:db8:1::1")))
    #expect(table.route(to: address("192.0.2.1")) == nil)
  }

  @Test("a table of any routes gives what a search of all of them gives", arguments: 1...5 as ClosedRange<UInt64>)
  func anyRoutes(seed: UInt64) {
    var random = RandomStream(seed: seed, node: "test", purpose: "routes")
    var table = RoutingTable()
    var routes: [(prefix: IPv4Prefix, interface: Int)] = []
    for index in 0..<200 {
      // Few bits, so that prefixes lie within each other.
      let prefix = IPv4Prefix(
        IPv4Address(rawValue: UInt32(random.below(64)) << 24 | UInt32(random.below(4)) << 16),
        length: Int(random.below(33)))
      table.add(Route(interface: index, via: nil), to: IPPrefix(prefix))
      if !routes.contains(where: { $0.prefix == prefix }) { routes.append((prefix, index)) }
    }
    for _ in 0..<500 {
      let address = IPv4Address(rawValue: UInt32(random.below(64)) << 24 | UInt32(random.below(1 << 18)))
      let best = routes.filter { $0.prefix.contains(address) }.max { $0.prefix.length < $1.prefix.length }
      #expect(table.route(to: .v4(address))?.interface == best?.interface, "seed \(seed), \(address)")
    }
  }

  /// Nobody, or somebody of either family; the last octets are the same in both.
  private func peer(_ number: Int) -> IPAddress? {
    switch number % 3 {
    case 0: nil
    case 1: .v4(IPv4Address(rawValue: UInt32(number)))
    default: .v6(IPv6Address(high: UInt64(number % 2), low: UInt64(number)))
    }
  }

  @Test("every port is found again, whoever else has one, and no other")
  func ports() {
    var table = PortTable()
    let keys = (0..<5_000).map { number in
      PortKey(
        node: number % 7, transport: number % 2 == 0 ? .udp : .tcp, port: UInt16(number % 50),
        peer: peer(number))
    }
    var expected: [PortKey: FlowID] = [:]
    for (number, key) in keys.enumerated() {
      table.assign(key, to: FlowID(UInt32(number)))
      expected[key] = FlowID(UInt32(number))
    }
    #expect(table.count == expected.count)
    #expect(keys.allSatisfy { table[$0] == expected[$0] })
    #expect(table[PortKey(node: 8, transport: .udp, port: 1)] == nil)
  }

  @Test("whoever asks is not the host 0.0.0.0")
  func anyone() {
    var table = PortTable()
    table.assign(PortKey(node: 1, transport: .udp, port: 53), to: FlowID(1))
    #expect(table[PortKey(node: 1, transport: .udp, port: 53, peer: .v4(.any))] == nil)
    #expect(table[PortKey(node: 1, transport: .udp, port: 53)] == FlowID(1))
  }

  @Test("a copy of a boxed value goes on by itself")
  func boxes() {
    var box = Boxed<[Int]>()
    #expect(box.isEmpty && box.value == nil)
    box.value?.append(1)
    #expect(box.isEmpty)
    box.value = [1]
    let copy = box
    box.value?.append(2)
    #expect(box.value == [1, 2])
    #expect(copy.value == [1])
  }
}

@Suite("Messages of the simulated applications")
struct ApplicationMessageTests {
  private func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

  @Test("a line, and the alphabet behind it as if it had begun with the message")
  func lines() {
    #expect(
      text(ApplicationMessage.request(3, wanting: 200, flow: "orders", size: 30)) == "REQUEST 3 200 orders\nvwxyzabcd")
    #expect(text(ApplicationMessage.response(12, flow: "orders", size: 20)) == "RESPONSE 12 orders\nt")
    #expect(text(ApplicationMessage.datagram(4_294_967_295, flow: "o", size: 24)) == "DATAGRAM 4294967295 o\nwx")
  }

  @Test(
    "what does not fit is cut off, and the rest goes on with the alphabet", arguments: [0, 1, 7, 2_079, 2_080, 9_000])
  func sizes(size: Int) {
    for headroom in [0, 8, 26, 28] {
      let message = ApplicationMessage.request(7, wanting: 9, flow: "f", size: size, headroom: headroom)
      #expect(message.count == headroom + size)
      let line = Array("REQUEST 7 9 f\n".utf8)
      let expected = (0..<size).map { $0 < line.count ? line[$0] : UInt8(ascii: "a") + UInt8($0 % 26) }
      #expect(Array(message[headroom...]) == expected)
    }
  }

  @Test("the numbers are read where the message lies")
  func numbers() throws {
    let message = ApplicationMessage.request(70, wanting: 1_234, flow: "f", size: 100, headroom: 28)
    let numbers = try #require(ApplicationMessage.numbers(in: message, 28..<message.count))
    #expect(numbers == (70, 1_234))
    #expect(try #require(ApplicationMessage.numbers(in: Array("RESPONSE 8 9x".utf8))) == (8, nil))
    #expect(try #require(ApplicationMessage.numbers(in: Array("DATAGRAM 8\n9".utf8))) == (8, nil))
  }

  @Test(
    "octets that are no message have no numbers",
    arguments: ["", " ", "REQUEST", "REQUEST x", "REQUEST\n3", "REQUEST 4294967296", "REQUEST 99999999999999999999999"])
  func junk(text: String) {
    #expect(ApplicationMessage.numbers(in: Array(text.utf8)) == nil)
  }
}
