import Simulation
import Testing
import Units
import Wire

@testable import Network

@Suite("Routes and links")
struct LinkTests {
  @Test("the longest prefix wins, and of two routes for one prefix the first: against a naive search")
  func routing() {
    for seed in 1...40 as ClosedRange<UInt64> {
      var stream = RandomStream(seed: seed, node: "router", purpose: "routes")
      var table = RoutingTable()
      var naive: [(prefix: IPv4Prefix, route: Route)] = []
      for index in 0..<Int(stream.below(120)) {
        // Few addresses, so that prefixes meet.
        let network = IPv4Address(rawValue: UInt32(stream.below(64)) << 26 | UInt32(stream.below(16)) << 8)
        let prefix = IPv4Prefix(network, length: Int(stream.below(33)))
        let route = Route(interface: index, via: nil)
        table.add(route, to: IPPrefix(prefix))
        if !naive.contains(where: { $0.prefix == prefix }) { naive.append((prefix, route)) }
      }
      for _ in 0..<200 {
        let address = IPv4Address(
          rawValue: UInt32(stream.below(64)) << 26 | UInt32(stream.below(16)) << 8 | UInt32(stream.below(2)))
        let expected = naive.filter { $0.prefix.contains(address) }.max { $0.prefix.length < $1.prefix.length }
        #expect(table.route(to: .v4(address)) == expected?.route, "seed \(seed), \(address)")
      }
    }
    #expect(RoutingTable().route(to: .v4(.any)) == nil)
  }

  @Test("neighbours are found by their address, and nobody else")
  func neighbours() {
    let addresses = ["10.0.0.9", "10.0.0.1", "192.0.2.1", "10.0.0.5"].map { address($0) }
    let link = Link(
      quality: LinkQuality(),
      neighbours: addresses.enumerated().map { ($1, EndpointIndex(rawValue: Int32($0))) })
    for (index, address) in addresses.enumerated() { #expect(link.endpoint(of: address)?.index == index) }
    #expect(link.endpoint(of: address("10.0.0.2")) == nil)
    #expect(Link(quality: LinkQuality(), neighbours: []).endpoint(of: .v4(.any)) == nil)
  }

  private func endpoint(_ seed: UInt64? = nil) -> Endpoint {
    Endpoint(
      node: 0, interface: 0, link: .init(0),
      faults: seed.map { RandomStream(seed: $0, node: "alice", purpose: "link faults at eth0") })
  }

  @Test("rate and delay set the arrival to the nanosecond, and a packet waits for those before it")
  func timing() {
    var end = endpoint()
    // 1,500 octets at 1.5 Mbit/s take 8 ms; 1 octet at 3 bit/s takes 2.666666667 s.
    let quality = LinkQuality(delay: .milliseconds(10), rate: BitRate(bitsPerSecond: 1_500_000), queueLength: 2)
    let now = Instant.zero + .seconds(1)
    #expect(end.transmit(1_500, over: quality, at: now) == .arrives(now + .milliseconds(18)))
    #expect(end.transmit(1_500, over: quality, at: now) == .arrives(now + .milliseconds(26)))
    #expect(end.transmit(750, over: quality, at: now) == .arrives(now + .milliseconds(30)))
    #expect(end.transmit(1, over: quality, at: now) == .queueFull)
    // When the first has left there is room for one more, behind the others.
    let later = now + .milliseconds(8)
    #expect(end.transmit(1_500, over: quality, at: later) == .arrives(now + .milliseconds(38)))
    #expect(end.transmit(1, over: quality, at: later) == .queueFull)
    // An idle line begins at once.
    let idle = now + .seconds(5)
    #expect(end.transmit(1_500, over: quality, at: idle) == .arrives(idle + .milliseconds(18)))
    var slow = endpoint()
    #expect(
      slow.transmit(1, over: LinkQuality(delay: .zero, rate: BitRate(bitsPerSecond: 3)), at: .zero)
        == .arrives(Instant(nanoseconds: 2_666_666_667)))
  }

  @Test("a long run over a slow line keeps its order and forgets what has left")
  func queueOfManyPackets() {
    var end = endpoint()
    let quality = LinkQuality(delay: .milliseconds(1), rate: BitRate(bitsPerSecond: 8_000_000), queueLength: 10)
    var departure = Instant.zero
    for index in 0..<5_000 {
      let now = Instant(nanoseconds: UInt64(index) * 100_000)
      let start = max(departure, now)
      guard case .arrives(let arrival) = end.transmit(100, over: quality, at: now) else {
        Issue.record("packet \(index) was not taken")
        return
      }
      departure = start + .microseconds(100)
      #expect(arrival == departure + .milliseconds(1))
    }
  }

  @Test("loss and duplication happen in their ratio, and the same again from the same stream")
  func ratios() {
    let quality = LinkQuality(loss: Ratio(1, 10), duplication: Ratio(1, 5))
    func verdicts(_ seed: UInt64) -> [Endpoint.Verdict] {
      var end = endpoint(seed)
      return (0..<20_000).map { end.transmit(100, over: quality, at: Instant(nanoseconds: UInt64($0))) }
    }
    let first = verdicts(1)
    let lost = first.count { if case .lost = $0 { true } else { false } }
    let doubled = first.count { if case .arrivesTwice = $0 { true } else { false } }
    // Six standard deviations: 42 and 54.
    #expect(abs(lost - 2_000) < 255)
    #expect(abs(doubled - 3_600) < 325)
    #expect(verdicts(1) == first)
    #expect(verdicts(2) != first)
  }

  @Test("jitter alone keeps the order and its bound; reordering does not keep the order")
  func jitterAndReordering() {
    func arrivals(_ quality: LinkQuality) -> [(sent: Instant, arrival: Instant)] {
      var end = endpoint(3)
      return (0..<5_000).compactMap {
        let now = Instant(nanoseconds: UInt64($0) * 100_000)
        guard case .arrives(let arrival) = end.transmit(100, over: quality, at: now) else { return nil }
        return (now, arrival)
      }
    }
    let late = arrivals(LinkQuality(jitter: .milliseconds(5)))
    #expect(late.count == 5_000)
    #expect(zip(late, late.dropFirst()).allSatisfy { $0.arrival <= $1.arrival })
    #expect(late.allSatisfy { $0.arrival >= $0.sent + .milliseconds(1) && $0.arrival <= $0.sent + .milliseconds(6) })
    #expect(Set(late.map { ($0.arrival - $0.sent).nanoseconds }).count > 1_000)
    let mixed = arrivals(LinkQuality(reordering: Ratio(1, 10), reorderDelay: .milliseconds(10)))
    let held = mixed.count { $0.arrival == $0.sent + .milliseconds(11) }
    #expect(abs(held - 500) < 130)
    #expect(zip(mixed, mixed.dropFirst()).contains { $0.arrival > $1.arrival })
  }

  @Test("where nothing is left to chance nothing is drawn")
  func perfectLink() {
    #expect(!LinkQuality().isImperfect)
    #expect(LinkQuality(jitter: .milliseconds(1)).isImperfect)
    var end = endpoint(1)
    #expect(
      end.transmit(100, over: LinkQuality(loss: Ratio(1, 1)), at: .zero) == .lost(Instant.zero + .milliseconds(1)))
  }
}
