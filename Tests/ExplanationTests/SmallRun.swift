import Foundation
import Journal
import Recording
import Units
import Wire

@testable import Explanation

/// A little run, written by hand, for texts that are compared word for word: alice behind fw-a, a provider, fw-b.
struct SmallRun {
  static let description = RunDescription(
    scenario: "small", summary: "", path: "small.lockstep.yml", source: "", seed: 7, program: "0.0-test",
    detail: .everything,
    nodes: [
      node("alice", "host", [("lan", "10.1.0.10/16", 0)]),
      node(
        "fw-a", "firewall", [("lan", "10.1.0.1/16", 0), ("wan", "192.0.2.1/30", 1)], ["to-branch: 10.1/16 to 10.2/16"]),
      node("isp-1", "isp", [("a", "192.0.2.2/30", 1), ("b", "198.51.100.2/30", 2)]),
      node(
        "fw-b", "firewall", [("wan", "198.51.100.1/30", 2), ("lan", "10.2.0.1/16", 3)], ["to-head: 10.2/16 to 10.1/16"]),
      node("bob", "host", [("lan", "10.2.0.10/16", 3)]),
    ],
    links: [
      link("head-office", ["alice:lan", "venus:lan", "fw-a:lan"]), link("access-1", ["fw-a:wan", "isp-1:a"]),
      link("access-2", ["isp-1:b", "fw-b:wan"]), link("branch", ["fw-b:lan", "bob:lan"]),
    ],
    flows: [
      RunDescription.Flow(name: "pings", from: "alice", to: "bob", kind: "ping"),
      RunDescription.Flow(name: "orders", from: "alice", to: "bob", kind: "tcp"),
    ],
    defaults: [])

  static let alice = NodeID(0)
  static let fwA = NodeID(1)
  static let isp = NodeID(2)
  static let fwB = NodeID(3)
  static let bob = NodeID(4)
  static let pings = FlowID(0)
  static let orders = FlowID(1)
  static let fwAAddress: [UInt8] = [192, 0, 2, 1]
  static let fwBAddress: [UInt8] = [198, 51, 100, 1]
  static let association = AssociationName(protocolNumber: 50, spi: 0x1A2B_3C4D, destination: fwBAddress)

  private static func node(
    _ name: String, _ kind: String, _ interfaces: [(String, String, UInt32)], _ policies: [String] = []
  ) -> RunDescription.Node {
    RunDescription.Node(
      name: name, kind: kind,
      interfaces: interfaces.map { RunDescription.Interface(name: $0.0, address: $0.1, link: LinkID($0.2)) },
      policies: policies)
  }

  private static func link(_ name: String, _ ends: [String]) -> RunDescription.Link {
    RunDescription.Link(name: name, endpoints: ends)
  }

  static func installed(_ direction: Direction) -> AssociationDescription {
    AssociationDescription(
      name: association, source: fwAAddress, direction: direction, isTunnel: true, cipher: "aes128CBC",
      cipherKey: [UInt8](repeating: 0xA1, count: 16), integrity: "hmacSHA1_96",
      integrityKey: [UInt8](repeating: 0xB2, count: 20), policy: "to-branch",
      selector: "10.1.0.0/16 → 10.2.0.0/16, any protocol", lifetimeSeconds: 40, lifetimeKilobytes: 1_024,
      replayWindow: 64, exchange: ExchangeID(2))
  }

  /// alice's ping to bob.
  static let ping = IPv4Header(
    from: IPv4Address(rawValue: 0x0A01_000A), to: IPv4Address(rawValue: 0x0A02_000A), protocol: .icmp,
    payloadLength: 16
  ).datagram(ICMPMessage.echo(identifier: 1, sequenceNumber: 3, data: Array("12345678".utf8)).encoded)

  /// What fw-a makes of it; its payload is no real cipher text.
  static let sealed = IPv4Header(
    from: IPv4Address(rawValue: 0xC000_0201), to: IPv4Address(rawValue: 0xC633_6401), protocol: .esp,
    payloadLength: 132
  ).datagram(ESPHeader(spi: 0x1A2B_3C4D, sequenceNumber: 3).encoded + [UInt8](repeating: 0x5A, count: 124))

  // MARK: Recording

  /// Where it happens.
  var description = Self.description
  private var steps: [(at: UInt64, node: NodeID, cause: UInt64?, event: Event)] = []
  private var packets: [(creator: NodeID, bytes: [UInt8], parents: [PacketID])] = []

  /// Appends an entry `at` microseconds; its number is its place.
  mutating func add(_ microseconds: UInt64, _ node: NodeID, _ cause: UInt64?, _ event: Event) {
    steps.append((microseconds, node, cause, event))
  }

  mutating func store(_ bytes: [UInt8], by creator: NodeID, from parents: [PacketID] = []) -> PacketID {
    packets.append((creator, bytes, parents))
    return PacketID(UInt64(packets.count))
  }

  func record() throws -> RunReader {
    let store = try Store.open(path: Scratch.path("\(UUID().uuidString).sqlite"), mode: .create)
    let recorder = try store.record(description, createdAt: 0)
    var writer = JournalWriter(detail: .everything) { try recorder.append($0) }
    for packet in packets { _ = writer.store(packet.bytes, creator: packet.creator, parents: packet.parents) }
    for step in steps {
      writer.append(
        step.event, at: Instant(nanoseconds: step.at * 1_000), node: step.node, cause: step.cause.map { EntryID($0) })
    }
    try recorder.finish(try writer.finish())
    return try store.reader(of: recorder.run)
  }

  /// A ping that goes out sealed and is dropped at fw-b, whose ICV check fails.
  static func tampered() throws -> RunReader {
    var run = SmallRun()
    let ping = run.store(Self.ping, by: alice)
    let sealed = run.store(Self.sealed, by: fwA, from: [ping])
    func cross(_ packet: PacketID, _ ttl: UInt8, _ link: UInt32, _ from: NodeID, _ to: NodeID, _ at: UInt64) -> Event {
      .packet(
        .transmitted(
          PacketVersion(packet, timeToLive: ttl), link: LinkID(link), from: from, to: to,
          arrival: Instant(nanoseconds: at * 1_000)))
    }
    run.add(0, .run, nil, .run(.began))
    run.add(0, fwA, nil, .security(.associationInstalled(installed(.outbound))))
    run.add(0, fwB, nil, .security(.associationInstalled(installed(.inbound))))
    run.add(1_000_000, alice, nil, .application(.began(pings)))
    run.add(1_000_000, alice, 4, .application(.requested(pings, sequence: 3, packet: ping, octets: 8)))
    run.add(1_000_000, alice, 5, .packet(.originated(ping, flow: pings)))
    run.add(1_000_000, alice, 6, cross(ping, 64, 0, alice, fwA, 1_000_050))
    run.add(
      1_000_050, fwA, 7,
      .security(.policyMatched(ping, direction: .outbound, index: 0, policy: "to-branch", verdict: .apply)))
    run.add(1_000_050, fwA, 8, .security(.sealed(ping, into: sealed, association: association, sequenceNumber: 3)))
    run.add(1_000_050, fwA, 9, cross(sealed, 64, 1, fwA, isp, 1_004_000))
    run.add(1_004_000, isp, 10, cross(sealed, 63, 2, isp, fwB, 1_012_000))
    run.add(
      1_012_000, fwB, 11,
      .packet(.dropped(PacketVersion(sealed, timeToLive: 63), reason: .badICV, detail: "sequence number 3")))
    run.add(11_000_000, alice, 5, .application(.unanswered(pings, sequence: 3)))
    run.add(11_000_000, alice, 13, .application(.completed(pings)))
    run.add(11_000_000, .run, nil, .run(.ended(.quiet)))
    return try run.record()
  }
}
