import Journal
import Network
import Units
import Wire

/// What a run left behind, for tests to look at.
struct Record {
  var entries: [Entry] = []
  var packets: [PacketRecord] = []
  var digest = JournalDigest.empty

  /// Entries whose event `pick` takes.
  func all<Value>(_ pick: (Event) -> Value?) -> [Value] { entries.compactMap { pick($0.event) } }

  var drops: [DropReason] {
    all { if case .packet(.dropped(_, let reason, _)) = $0 { reason } else { nil } }
  }

  var answers: [UInt32] {
    all { if case .application(.answered(_, let sequence, _, _, _)) = $0 { sequence } else { nil } }
  }

  func bytes(of packet: PacketID) -> [UInt8]? { packets.first { $0.id == packet }?.bytes }
}

/// Where a journal's batches are collected.
final class Collector {
  var record = Record()

  func take(_ batch: JournalBatch) throws {
    for stored in batch.entries { record.entries.append(try batch.entry(stored)) }
    for stored in batch.packets {
      record.packets.append(
        PacketRecord(
          id: stored.id, creator: stored.creator, parents: stored.parents, bytes: Array(batch.bodies[stored.bytes])))
    }
  }
}

/// Runs a world to its end.
func run(_ configuration: WorldConfiguration, detail: RunDescription.Detail = .everything) throws -> Record {
  let collector = Collector()
  var world = try World(configuration, journal: JournalWriter(detail: detail) { try collector.take($0) })
  collector.record.digest = try world.run()
  return collector.record
}

func address(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(.any) }

func address4(_ text: String) -> IPv4Address { IPv4Address(text) ?? .any }

func prefix(_ text: String) -> IPPrefix {
  let parts = text.split(separator: "/")
  return IPPrefix(address(String(parts[0])), length: Int(parts[1]) ?? 0)
}

func interface(_ name: String, _ text: String, isInside: Bool = false) -> InterfaceConfiguration {
  InterfaceConfiguration(
    name: name, address: address(String(text.prefix { $0 != "/" })), prefix: prefix(text), isInside: isInside)
}

func route(_ destination: String, via: String) -> RouteConfiguration {
  RouteConfiguration(destination: prefix(destination), via: address(via))
}

func link(_ name: String, _ first: (Int, Int), _ second: (Int, Int), _ quality: LinkQuality) -> LinkConfiguration {
  LinkConfiguration(
    name: name,
    endpoints: [
      InterfaceReference(node: first.0, interface: first.1), InterfaceReference(node: second.0, interface: second.1),
    ], quality: quality)
}

/// alice – r1 – r2 – bob, with the middle link as the test wants it.
func chain(
  _ traffic: [TrafficPattern], middle: LinkQuality = LinkQuality(), count: Int = 1, seed: UInt64 = 1,
  dontFragment: Bool = false, duration: SimDuration = .seconds(300)
) -> WorldConfiguration {
  WorldConfiguration(
    seed: seed, duration: duration,
    nodes: [
      NodeConfiguration(
        name: "alice", kind: .host, interfaces: [interface("eth0", "10.1.0.10/16")],
        routes: [route("0.0.0.0/0", via: "10.1.0.1")]),
      NodeConfiguration(
        name: "r1", kind: .router, interfaces: [interface("a", "10.1.0.1/16"), interface("b", "192.0.2.1/30")],
        routes: [route("10.2.0.0/16", via: "192.0.2.2")]),
      NodeConfiguration(
        name: "r2", kind: .router, interfaces: [interface("a", "192.0.2.2/30"), interface("b", "10.2.0.1/16")],
        routes: [route("10.1.0.0/16", via: "192.0.2.1")]),
      NodeConfiguration(
        name: "bob", kind: .host, interfaces: [interface("eth0", "10.2.0.10/16")],
        routes: [route("0.0.0.0/0", via: "10.2.0.1")]),
    ],
    links: [
      link("left", (0, 0), (1, 0), LinkQuality()), link("middle", (1, 1), (2, 0), middle),
      link("right", (2, 1), (3, 0), LinkQuality()),
    ],
    traffic: traffic.enumerated().map { index, pattern in
      TrafficConfiguration(
        name: "flow-\(index)", from: 0, to: 3, destination: address("10.2.0.10"), pattern: pattern,
        start: Instant(nanoseconds: UInt64(index) * 1_000_000), count: count, interval: .seconds(1),
        timeout: .seconds(200), dontFragment: dontFragment)
    })
}
