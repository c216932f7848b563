import Journal
import Simulation
import Testing
import Units
import Wire

@testable import Network

/// A datagram that a test puts on a link as if somebody there had sent it.
struct Injection {
  var bytes: [UInt8]
  /// Index of the node that it reaches, and of the interface there.
  var node: Int
  var interface = 0
  var at: Instant
}

/// A datagram as it arrived at a node in a recorded run.
struct Crossing {
  var bytes: [UInt8]
  var packet: PacketID
  var link: LinkID
  var from: Int
  var to: Int
  var arrival: Instant
}

/// Runs a world to its end with datagrams put in; gives the numbers of those beside what was recorded.
func run(_ configuration: WorldConfiguration, injecting injections: [Injection]) throws -> (
  record: Record, injected: [PacketID]
) {
  let collector = Collector()
  var world = try World(configuration, journal: JournalWriter(detail: .everything) { try collector.take($0) })
  world.begin()
  var injected: [PacketID] = []
  for injection in injections {
    let packet = world.journal.store(injection.bytes, creator: .run, parents: [])
    injected.append(packet)
    guard let endpoint = world.nodes[injection.node].endpoints[injection.interface] else { continue }
    let datagram = Datagram(bytes: injection.bytes, packet: packet, creator: .run, cause: nil, ancestor: nil)
    // Whoever sends through a bump in the wire means the neighbour behind it.
    let flight =
      world.nodes[injection.node].isBump
      ? world.flights.insert(datagram, meantFor: datagram.destination) : world.flights.insert(datagram)
    world.schedule(.arrival(endpoint, flight: flight), at: injection.at)
  }
  collector.record.digest = try world.run()
  return (collector.record, injected)
}

extension Record {
  /// Why a packet went no further, each time that it did.
  func drops(of packet: PacketID) -> [DropReason] {
    all {
      if case .packet(.dropped(let version, let reason, _)) = $0, version.packet == packet { reason } else { nil }
    }
  }

  /// Packets of which the record says what became of them.
  var settled: Set<PacketID> {
    var result: Set<PacketID> = []
    for entry in entries {
      switch entry.event {
      case .packet(.dropped(let version, _, _)), .packet(.delivered(let version, _)): result.insert(version.packet)
      case .packet(.fragmented(let packet, _, _)), .packet(.held(let packet, _)): result.insert(packet)
      case .packet(.reassembled(_, let pieces)): result.formUnion(pieces)
      case .security(.sealed(let inner, _, _, _)): result.insert(inner)
      case .security(.opened(let outer, _, _, _, _)): result.insert(outer)
      default: break
      }
    }
    return result
  }

  /// Every arrival of a datagram at a node, in the order of the record, with the time to live that it had there.
  var crossings: [Crossing] {
    let octets = Dictionary(uniqueKeysWithValues: packets.map { ($0.id, $0.bytes) })
    return all {
      guard case .packet(.transmitted(let version, let link, let from, let to, let arrival)) = $0,
        var bytes = octets[version.packet]
      else { return nil }
      while bytes.count > 8, bytes[8] > version.timeToLive { _ = IPv4Header.decrementTimeToLive(in: &bytes) }
      return Crossing(
        bytes: bytes, packet: version.packet, link: link, from: Int(from.rawValue), to: Int(to.rawValue),
        arrival: arrival)
    }
  }

  /// ICMP messages that were handed to a node.
  func messages(at node: Int) -> [(source: IPv4Address, message: ICMPMessage)] {
    entries.compactMap { entry in
      guard entry.node == NodeID(UInt32(node)), case .packet(.delivered(let version, 1)) = entry.event,
        let bytes = bytes(of: version.packet), let header = try? IPv4Header(decoding: bytes),
        let message = try? ICMPMessage(decoding: Array(bytes[header.encodedLength...]))
      else { return nil }
      return (header.sourceAddress, message)
    }
  }

  /// What the IPsec engines sealed, and what came out at the other end.
  var sealedPackets: Set<PacketID> {
    Set(all { if case .security(.sealed(let inner, _, _, _)) = $0 { inner } else { nil } })
  }
  var openedPackets: [PacketID] {
    all { if case .security(.opened(_, let inner, _, _, _)) = $0 { inner } else { nil } }
  }
}

/// A datagram for a test to put in, all of it right unless the test spoils it.
func datagram(
  _ payload: [UInt8], _ number: IPProtocol, from source: String, to destination: String, timeToLive: UInt8 = 64,
  identification: UInt16 = 7, dontFragment: Bool = false
) -> [UInt8] {
  IPv4Header(
    from: address4(source), to: address4(destination), protocol: number, payloadLength: payload.count,
    identification: identification, timeToLive: timeToLive, dontFragment: dontFragment
  ).datagram(payload)
}

func udp(
  _ payload: [UInt8], from source: String, _ sourcePort: UInt16, to destination: String, _ destinationPort: UInt16,
  timeToLive: UInt8 = 64, dontFragment: Bool = false
) -> [UInt8] {
  let inner = UDPHeader(sourcePort: sourcePort, destinationPort: destinationPort)
    .datagram(payload, from: address(source), to: address(destination))
  return datagram(
    inner, .udp, from: source, to: destination, timeToLive: timeToLive, dontFragment: dontFragment)
}

func echo(from source: String, to destination: String, timeToLive: UInt8 = 64, size: Int = 56) -> [UInt8] {
  let message = ICMPMessage.echo(identifier: 9, sequenceNumber: 1, data: [UInt8](repeating: 0x61, count: size))
  return datagram(message.encoded, .icmp, from: source, to: destination, timeToLive: timeToLive)
}

/// The same datagram with other octets and a header checksum that is right again.
func resealed(_ bytes: [UInt8], _ change: (inout [UInt8]) -> Void) -> [UInt8] {
  var bytes = bytes
  change(&bytes)
  let length = Int(bytes[0] & 15) * 4
  bytes[10] = 0
  bytes[11] = 0
  let sum = stride(from: 0, to: length, by: 2).reduce(UInt32(0)) {
    $0 + (UInt32(bytes[$1]) << 8 | UInt32(bytes[$1 + 1]))
  }
  let folded = (sum & 0xFFFF) + (sum >> 16)
  let checksum = ~UInt16(truncatingIfNeeded: (folded & 0xFFFF) + (folded >> 16))
  bytes[10] = UInt8(checksum >> 8)
  bytes[11] = UInt8(checksum & 255)
  return bytes
}

/// Changed copies of everything that crossed a link of a calm run, each to arrive where and about when its original did.
/// What routers look at first is mostly kept, so that they come as far as they can.
func changedCopies(of calm: Record, in world: WorldConfiguration, seed: UInt64) -> [Injection] {
  var stream = RandomStream(seed: seed, node: "fuzz", purpose: "changed copies")
  return calm.crossings.filter { $0.arrival < Instant.zero + .seconds(200) }.map { crossing in
    var bytes = mutated(crossing.bytes, &stream)
    if stream.below(4) > 0, bytes.count >= 40 {
      bytes.replaceSubrange(..<40, with: crossing.bytes[..<40])
      let length = bytes[0] >> 4 == 6 ? bytes.count - 40 : bytes.count
      let place = bytes[0] >> 4 == 6 ? 4 : 2
      bytes[place] = UInt8(truncatingIfNeeded: length >> 8)
      bytes[place + 1] = UInt8(truncatingIfNeeded: length)
      if bytes[0] >> 4 == 4 { bytes = resealed(bytes) { _ in } }
    }
    let link = world.links[Int(crossing.link.rawValue)]
    return Injection(
      bytes: bytes, node: crossing.to,
      interface: link.endpoints.first { $0.node == crossing.to }?.interface ?? 0,
      at: crossing.arrival + .microseconds(stream.below(2_000)))
  }
}

/// Runs a world with changed packets in it: it comes to its end, and each of them ends by name or is delivered.
func expectSettled(_ world: WorldConfiguration, seed: UInt64) throws {
  let injections = changedCopies(of: try run(world), in: world, seed: seed)
  let (record, injected) = try run(world, injecting: injections)
  guard case .run(.ended(let end)) = record.entries.last?.event else {
    Issue.record("seed \(seed): the run has no end")
    return
  }
  #expect(end == .quiet || end == .durationReached, "seed \(seed)")
  let settled = record.settled
  let silent = zip(injected, injections).filter { !settled.contains($0.0) }
  #expect(silent.isEmpty, "seed \(seed): \(silent.count) vanished, such as \(silent.first?.1.bytes ?? [])")
  #expect(injections.count > 30)
}
