import Foundation
import Testing

/// What some scenarios are about is seen in lengths, in fragments, or in what a tap does not show: tshark tells.
@Suite("The point of a scenario", .enabled(if: Tools.tshark != nil, Tools.withoutTshark))
struct ShippedPointTests {
  /// Frames at an interface of a shipped run.
  private func frames(_ scenario: String, at tap: String) throws -> [TsharkFrame] {
    let entry = try #require(ShippedScenario.all.first { $0.name == scenario })
    let file = "bundle/taps/\(tap.replacing(":", with: "-")).pcapng"
    return try Recorded.exported(scenario, tap: entry.tap).tshark(file)
  }

  private func lengths(_ frames: [TsharkFrame]) -> Set<Int> {
    Set(frames.compactMap { $0["frame.len"].first.flatMap { Int($0) } })
  }

  @Test("traffic-flow: what is hidden has one length, dummies too; what is not has three") func lengths() throws {
    let sealed = try frames("traffic-flow", at: "fw-a:wan").filter(\.isProtected)
    let hidden = sealed.filter { ($0["ip.src"] + $0["ip.dst"]).contains("198.51.100.2") }
    let plain = sealed.filter { ($0["ip.src"] + $0["ip.dst"]).contains("203.0.113.2") }
    #expect(hidden.count { $0.stack == "ip:esp:ip:icmp" } == 6)
    #expect(hidden.count { $0.stack == "ip:esp" } == 74)
    #expect(lengths(hidden).count == 1)
    #expect(plain.count == 6)
    #expect(lengths(plain).count == 3)
  }

  @Test("host2host-ipcomp: 1228 octets become a fraction, 36 are left alone") func compression() throws {
    let sealed = try frames("host2host-ipcomp", at: "alice:lan").filter(\.isProtected)
    let (shrunk, left) = (sealed.filter { $0.stack == "ip:esp:ipcomp" }, sealed.filter { $0.stack == "ip:esp:icmp" })
    #expect(shrunk.count == 4 && left.count == 4)
    #expect(lengths(shrunk).allSatisfy { $0 < 500 })
    #expect(lengths(left).count == 1)
  }

  @Test("mtu-fragmentation: nothing larger than the narrow link crosses it, and pieces of both kinds do")
  func fragments() throws {
    let crossing = try frames("mtu-fragmentation", at: "isp-2:backbone")
    #expect(lengths(crossing).allSatisfy { $0 <= 1_000 })
    // Cut after it was sealed: a first piece that is no whole ESP packet. Cut before: each is one.
    let (whole, pieces) = (crossing.filter { $0.stack == "ip:esp:ip" }, crossing.filter { $0.stack == "ip" })
    #expect(!whole.isEmpty && !pieces.isEmpty)
  }

  @Test("bump-in-the-wire: alice's own link carries nothing of IPsec") func box() throws {
    let (near, far) = (try frames("bump-in-the-wire", at: "alice:lan"), try frames("bump-in-the-wire", at: "bob:lan"))
    #expect(near.count { $0.stack == "ip:icmp" } >= 8)
    #expect(!near.contains { $0.isProtected || $0.protocols.contains("isakmp") })
    #expect(far.contains { $0.isProtected } && far.contains { $0.protocols.contains("isakmp") })
  }

  @Test("hidden-policy: alice's pings cross the provider in clear, bob's does not") func clear() throws {
    let frames = try frames("hidden-policy", at: "isp-1:east")
    let clear = frames.filter { $0.stack == "ip:icmp" && $0["ip.src"] == ["10.1.0.10"] }
    #expect(clear.count == 2)
    #expect(frames.count { $0.isProtected } == 1)
  }

  @Test("users-and-labels: of carol's packets only the secret ones are protected") func labels() throws {
    let carols = try frames("users-and-labels", at: "bob:lan").filter { $0["ip.src"] == ["192.0.2.30"] }
    #expect(carols.map(\.stack) == ["ip:icmp", "ip:esp:icmp", "ip:esp:icmp"])
  }
}
