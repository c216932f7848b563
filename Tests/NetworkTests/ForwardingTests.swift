import Journal
import Network
import Testing
import Units
import Wire

@Suite("Hosts and routers")
struct ForwardingTests {
  @Test("a ping crosses three links and comes back after six delays")
  func ping() throws {
    let record = try run(chain([.ping(size: 56)], count: 3))
    #expect(record.answers == [1, 2, 3])
    #expect(record.drops.isEmpty)
    let elapsed = record.all {
      if case .application(.answered(_, _, _, _, let elapsed)) = $0 { elapsed } else { nil }
    }
    #expect(elapsed == [SimDuration](repeating: .milliseconds(6), count: 3))
  }

  @Test("a hop takes one off the time to live, and the stored octets are those of the first")
  func hops() throws {
    let record = try run(chain([.ping(size: 56)]))
    let versions = record.all {
      if case .packet(.transmitted(let version, _, _, _, _)) = $0 { version } else { nil }
    }
    #expect(versions.map(\.timeToLive) == [64, 63, 62, 64, 63, 62])
    #expect(Set(versions.map(\.packet)).count == 2)
    #expect(record.packets.count == 2)
  }

  @Test("every entry but the scenario's own has an earlier cause")
  func causes() throws {
    let record = try run(chain([.ping(size: 56), .udpRequest(port: 53, requestSize: 40, responseSize: 400)]))
    for entry in record.entries {
      guard let cause = entry.cause else {
        switch entry.event {
        case .run, .application(.began): continue
        default: Issue.record("no cause: \(entry)")
        }
        continue
      }
      #expect(cause < entry.id)
    }
  }

  @Test("a datagram request is answered with as many octets as it asks for")
  func udp() throws {
    let record = try run(chain([.udpRequest(port: 53, requestSize: 40, responseSize: 400)], count: 2))
    let octets = record.all {
      if case .application(.answered(_, _, _, let octets, _)) = $0 { octets } else { nil }
    }
    #expect(octets == [400, 400])
  }

  @Test("datagrams are counted where they end, and nobody answers or waits")
  func datagrams() throws {
    let record = try run(chain([.datagrams(port: 9, size: 484)], count: 3))
    let served = record.all {
      if case .application(.served(_, let sequence, _, let octets)) = $0 { [sequence, octets] } else { nil }
    }
    #expect(served == [[1, 484], [2, 484], [3, 484]])
    #expect(record.packets.count == 3)
    #expect(record.packets.allSatisfy { $0.bytes.count == 512 })
    #expect(record.drops.isEmpty)
    let ends = record.all { if case .application(.completed) = $0 { true } else { nil } }
    #expect(ends == [true])
    #expect(record.entries.last?.event == .run(.ended(.quiet)))
  }

  @Test(
    "a connection carries a request and a response, whatever the link does",
    arguments: [
      LinkQuality(), LinkQuality(loss: Ratio(1, 10)), LinkQuality(duplication: Ratio(1, 5)),
      LinkQuality(reordering: Ratio(1, 5), reorderDelay: .milliseconds(30)),
      LinkQuality(loss: Ratio(1, 20), duplication: Ratio(1, 20), jitter: .milliseconds(50)),
    ], [(20, 20), (1_000, 100_000), (100_000, 1_000)])
  func tcp(quality: LinkQuality, sizes: (Int, Int)) throws {
    let record = try run(
      chain(
        [.tcpRequest(port: 80, requestSize: sizes.0, responseSize: sizes.1)], middle: quality, count: 2, seed: 7,
        duration: .seconds(600)))
    let octets = record.all {
      if case .application(.answered(_, _, _, let octets, _)) = $0 { octets } else { nil }
    }
    #expect(octets == [UInt32(sizes.1), UInt32(sizes.1)])
    let states = record.all { if case .application(.connection(_, _, let to)) = $0 { to } else { nil } }
    #expect(states.filter { $0 == "ESTABLISHED" }.count == 4)
    #expect(states.filter { $0 == "CLOSED" }.count == 4)
  }

  @Test("a large echo is cut for a small link and put together at its end")
  func fragments() throws {
    let record = try run(chain([.ping(size: 3_000)], middle: LinkQuality(mtu: 600)))
    #expect(record.answers == [1])
    let whole = record.all { if case .packet(.reassembled(let packet, _)) = $0 { packet } else { nil } }
    let cut = record.all { if case .packet(.fragmented(let packet, _, let mtu)) = $0 { (packet, mtu) } else { nil } }
    #expect(whole.count == 2)
    #expect(cut.contains { $0.1 == 600 })
  }

  @Test("with DF the source is told how large a datagram may be, and a connection goes on with smaller segments")
  func pathMTU() throws {
    let record = try run(
      chain(
        [.tcpRequest(port: 80, requestSize: 5_000, responseSize: 50)], middle: LinkQuality(mtu: 700), dontFragment: true
      ))
    #expect(record.answers == [1])
    #expect(record.drops.contains(.fragmentationNeeded))
    let learned = record.all { if case .packet(.pathMTULearned(_, let mtu, _)) = $0 { mtu } else { nil } }
    #expect(learned.first == 700)
  }

  @Test("what a link loses is dropped by name, and nothing is lost in silence")
  func loss() throws {
    let record = try run(chain([.ping(size: 56)], middle: LinkQuality(loss: Ratio(1, 3)), count: 30, seed: 5))
    let lost = record.drops.filter { $0 == .linkLoss }.count
    #expect(lost > 0)
    #expect(record.answers.count + lost == 30)
  }

  @Test("a full queue drops by name")
  func queue() throws {
    let quality = LinkQuality(rate: BitRate(bitsPerSecond: 64_000), queueLength: 2)
    var configuration = chain([.udpRequest(port: 53, requestSize: 1_000, responseSize: 10)], middle: quality, count: 10)
    configuration.traffic[0].interval = .milliseconds(1)
    let record = try run(configuration)
    #expect(record.drops.filter { $0 == .linkQueueFull }.count == 7)
    #expect(record.answers.count == 3)
  }

  @Test("another port, another host and another route are answered by the errors that RFC 792 has for them")
  func errors() throws {
    var configuration = chain([.udpRequest(port: 53, requestSize: 40, responseSize: 40)])
    configuration.traffic[0].destination = address("10.2.0.99")
    configuration.traffic[0].timeout = .seconds(5)
    let noHost = try run(configuration)
    #expect(noHost.drops.contains(.noSuchNextHop))
    configuration.traffic[0].destination = address("10.9.0.1")
    let noRoute = try run(configuration)
    #expect(noRoute.drops.contains(.noRoute))
    for record in [noHost, noRoute] {
      let errors = record.all { if case .application(.errorReceived(_, let type, _, _)) = $0 { type } else { nil } }
      #expect(errors == [3])
    }
  }

  @Test("the same seed gives the same journal, another one another, and an idle host changes nothing")
  func determinism() throws {
    let quality = LinkQuality(loss: Ratio(1, 10), jitter: .milliseconds(5))
    let patterns: [TrafficPattern] = [.ping(size: 56), .tcpRequest(port: 80, requestSize: 100, responseSize: 9_000)]
    let first = try run(chain(patterns, middle: quality, count: 5))
    let second = try run(chain(patterns, middle: quality, count: 5))
    #expect(first.digest == second.digest)
    #expect(try run(chain(patterns, middle: quality, count: 5, seed: 2)).digest != first.digest)
    var larger = chain(patterns, middle: quality, count: 5)
    larger.nodes.append(
      NodeConfiguration(name: "dave", kind: .host, interfaces: [interface("eth0", "10.3.0.1/16")]))
    #expect(try run(larger).entries == first.entries)
  }

  @Test("nothing is written where nothing is to be recorded, and the run is the same")
  func nothingRecorded() throws {
    let record = try run(chain([.ping(size: 56)]), detail: .nothing)
    #expect(record.entries.map(\.event) == [.run(.began), .run(.ended(.quiet))])
  }
}
