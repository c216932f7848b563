import Journal
import Network
import Units
import Wire

/// The worlds that forwarding is measured in.
enum ForwardingWorld {
  static let datagramOctets = 512
  /// Octets of data in a datagram of 512 with its headers of IPv4 and UDP.
  static let dataOctets = datagramOctets - 28
  static let port: UInt16 = 9
  static let seed: UInt64 = 1

  /// host – r1 – r2 – r3 – r4 – host: five links.
  static func chain(packets: Int) -> WorldConfiguration {
    let subnet = { (index: Int) in IPPrefix(ip(10, UInt8(index), 0, 0), length: 16) }
    let nodes = (0...5).map { index -> NodeConfiguration in
      let left = interface("left", ip(10, UInt8(index), 0, 2), subnet(index))
      let right = interface("right", ip(10, UInt8(index + 1), 0, 1), subnet(index + 1))
      let onward = RouteConfiguration(
        destination: IPPrefix(.v4(.any), length: 0), via: ip(10, UInt8(index + 1), 0, 2))
      switch index {
      case 0: return NodeConfiguration(name: "source", kind: .host, interfaces: [right], routes: [onward])
      case 5: return NodeConfiguration(name: "sink", kind: .host, interfaces: [left])
      default:
        return NodeConfiguration(name: "r\(index)", kind: .router, interfaces: [left, right], routes: [onward])
      }
    }
    let links = (0..<5).map { index in
      link("l\(index)", InterfaceReference(node: index, interface: index == 0 ? 0 : 1), to: index + 1, 0)
    }
    return WorldConfiguration(
      seed: seed, duration: .seconds(1 << 30), eventLimit: .max, nodes: nodes, links: links,
      traffic: [flow(from: 0, to: 5, ip(10, 5, 0, 2), count: packets, start: .zero, every: interval)])
  }

  /// Between packets of the chain, so that ten are under way at once.
  static let interval = SimDuration.microseconds(500)

  /// Dial-in hosts behind concentrators of 256 each, those behind one router, and a server behind that; each host sends ten
  /// packets, one a second.
  static func star(hosts: Int, packets: Int = 10) -> WorldConfiguration {
    let concentrators = (hosts + 255) / 256
    let server = ip(192, 168, 0, 2)
    var nodes = [
      NodeConfiguration(
        name: "server", kind: .host,
        interfaces: [interface("eth0", server, IPPrefix(server, length: 30))],
        routes: [RouteConfiguration(destination: IPPrefix(.v4(.any), length: 0), via: ip(192, 168, 0, 1))])
    ]
    nodes.append(core(concentrators))
    var links = [link("server", InterfaceReference(node: 0, interface: 0), to: 1, 0)]
    for index in 0..<concentrators {
      links.append(link("trunk-\(index)", InterfaceReference(node: nodes.count, interface: 0), to: 1, index + 1))
      addConcentrator(index, hosts: min(256, hosts - 256 * index), to: &nodes, &links)
    }
    let senders = nodes.indices.filter { nodes[$0].name.hasPrefix("host-") }
    let traffic = senders.enumerated().map { number, node in
      flow(
        from: node, to: 0, server, count: packets, start: Instant(nanoseconds: UInt64(number) * 20_000),
        every: .seconds(1))
    }
    return WorldConfiguration(
      seed: seed, duration: .seconds(3_600), eventLimit: .max, nodes: nodes, links: links, traffic: traffic)
  }

  /// The router between the concentrators and the server: an interface and a route for each concentrator.
  private static func core(_ concentrators: Int) -> NodeConfiguration {
    let first = ip(192, 168, 0, 1)
    let trunks = (0..<concentrators).map { index in
      interface("trunk-\(index)", trunk(index, 1), IPPrefix(trunk(index, 0), length: 30))
    }
    return NodeConfiguration(
      name: "core", kind: .router, interfaces: [interface("server", first, IPPrefix(first, length: 30))] + trunks,
      routes: (0..<concentrators).map { index in
        RouteConfiguration(destination: pool(index), via: trunk(index, 2))
      })
  }

  /// A concentrator with a link to each of its hosts, of addresses that only the two of them know.
  private static func addConcentrator(
    _ index: Int, hosts: Int, to nodes: inout [NodeConfiguration], _ links: inout [LinkConfiguration]
  ) {
    let place = nodes.count
    var interfaces = [interface("trunk", trunk(index, 2), IPPrefix(trunk(index, 0), length: 30))]
    nodes.append(NodeConfiguration(name: "concentrator-\(index)", kind: .router, interfaces: []))
    for host in 0..<hosts {
      let base = firstOfPool(index) + UInt32(host) * 4
      let near = ip(rawValue: base + 1)
      let prefix = IPPrefix(near, length: 30)
      links.append(
        link("line-\(index)-\(host)", InterfaceReference(node: nodes.count, interface: 0), to: place, host + 1))
      interfaces.append(interface("line-\(host)", near, prefix))
      nodes.append(
        NodeConfiguration(
          name: "host-\(index)-\(host)", kind: .host,
          interfaces: [interface("ppp0", ip(rawValue: base + 2), prefix)],
          routes: [RouteConfiguration(destination: IPPrefix(.v4(.any), length: 0), via: near)]))
    }
    nodes[place].interfaces = interfaces
    nodes[place].routes = [RouteConfiguration(destination: IPPrefix(.v4(.any), length: 0), via: trunk(index, 1))]
  }

  /// 1,024 addresses for the lines of a concentrator.
  private static func pool(_ index: Int) -> IPPrefix { IPPrefix(ip(rawValue: firstOfPool(index)), length: 22) }

  private static func firstOfPool(_ index: Int) -> UInt32 { 0x0A00_0000 + UInt32(index) << 10 }

  private static func trunk(_ index: Int, _ place: UInt32) -> IPAddress {
    ip(rawValue: 0xAC10_0000 + UInt32(index) * 4 + place)
  }

  private static func interface(_ name: String, _ address: IPAddress, _ prefix: IPPrefix) -> InterfaceConfiguration {
    InterfaceConfiguration(name: name, address: address, prefix: prefix)
  }

  private static func link(_ name: String, _ first: InterfaceReference, to node: Int, _ interface: Int)
    -> LinkConfiguration
  {
    LinkConfiguration(
      name: name, endpoints: [first, InterfaceReference(node: node, interface: interface)], quality: LinkQuality())
  }

  private static func flow(
    from: Int, to: Int, _ destination: IPAddress, count: Int, start: Instant, every interval: SimDuration
  ) -> TrafficConfiguration {
    TrafficConfiguration(
      name: "flow", from: from, to: to, destination: destination,
      pattern: .datagrams(port: port, size: dataOctets), start: start, count: count, interval: interval)
  }
}
