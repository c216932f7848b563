import Cryptography
import Testing
import Units
import Wire

@testable import IPsec

@Suite struct AuthenticationHeaderTests {
  static let names =
    KernelCapture.names("ah") + KernelCapture.names("bundle-transport") + KernelCapture.names("nested-esp-tunnel-in-ah")

  /// Whole datagrams of a capture that carry AH.
  static func datagrams(_ capture: KernelCapture) throws -> [[UInt8]] {
    var reassembler = IPv4Reassembler()
    var whole: [[UInt8]] = []
    for datagram in capture.datagrams {
      guard datagram[0] >> 4 == 4 else {
        whole.append(datagram)
        continue
      }
      if case .complete(let octets) = try reassembler.accept(datagram, at: .zero) { whole.append(octets) }
    }
    return whole.filter { $0[$0[0] >> 4 == 4 ? 9 : 6] == IPProtocol.ah.rawValue }
  }

  @Test(.enabled(if: KernelCapture.isThere, "needs ../shared/oracles/kernel"), arguments: names)
  func `What the Linux kernel authenticated is verified, and nothing else`(name: String) throws {
    let capture = try KernelCapture(name)
    let datagrams = try Self.datagrams(capture)
    #expect(!datagrams.isEmpty)
    for (index, datagram) in datagrams.enumerated() {
      let header = try AuthenticationHeaderTransform.icvInput(datagram, icvLength: 12).header
      let association = try #require(
        capture.associations.first { $0.proto == "ah" && $0.number == header.spi })
      let integrity = try #require(KernelAssociation.authenticators[association.auth ?? ""])
      let transform = try #require(try AuthenticationHeaderTransform(integrity, key: hex(association.auth_key ?? "")))
      #expect(try transform.isAuthentic(datagram), "datagram \(index)")
      var changed = datagram
      changed[changed.count - 1] ^= 1
      #expect(try !transform.isAuthentic(changed))
      // Some make AH a multiple of eight octets for IPv4 too: only then is the length another.
      guard datagram[0] >> 4 == 4, header.integrityCheckValue.count == integrity.icvLength else { continue }
      let bare = try AuthenticationHeaderTransform.removingHeader(from: datagram)
      let again = try transform.protect(bare, spi: header.spi, sequenceNumber: header.sequenceNumber)
      #expect(hex(again) == hex(datagram), "datagram \(index)")
    }
  }

  @Test func `Routers change what they may, and nothing else passes`() throws {
    let transform = try #require(
      try AuthenticationHeaderTransform(.hmacSHA1_96, key: [UInt8](repeating: 3, count: 20)))
    // Router alert stays as it is, record route (7) may be filled in.
    let header = IPv4Header(
      from: alice.four, to: bob.four, protocol: .udp, payloadLength: 8, options: hex("94040000 070704 00000000 00"))
    let datagram = try transform.protect(header.datagram(hex("0401000700080000")), spi: 0x1001, sequenceNumber: 1)
    #expect(try transform.isAuthentic(datagram))
    let mutable: Set<Int> = [1, 6, 7, 8, 10, 11, 24, 25, 26, 27, 28, 29, 30]
    for offset in datagram.indices where offset != 0 && !(2...3).contains(offset) {
      var changed = datagram
      changed[offset] ^= 0x01
      let passes = (try? transform.isAuthentic(changed)) ?? false
      // What changes the length of an option changes what is zeroed.
      if offset != 25 { #expect(passes == mutable.contains(offset), "octet \(offset)") }
    }
  }

  @Test func `A source route ends where it says`() throws {
    let transform = try #require(
      try AuthenticationHeaderTransform(.hmacMD5_96, key: [UInt8](repeating: 3, count: 16)))
    // Loose source route by way of the firewall: the header first names it, the option bob; then the other way round.
    let before = IPv4Header(
      from: alice.four, to: firewallA.four, protocol: .udp, payloadLength: 8, options: hex("830704") + bob.octets + [1])
    let after = IPv4Header(
      from: alice.four, to: bob.four, protocol: .udp, payloadLength: 8, timeToLive: 63,
      options: hex("830708") + firewallA.octets + [1])
    let sent = try transform.protect(before.datagram(hex("0401000700080000")), spi: 0x1001, sequenceNumber: 1)
    #expect(try transform.isAuthentic(sent))
    var arrived = after
    arrived.protocol = .ah
    #expect(try transform.isAuthentic(arrived.datagram(Array(sent[28...]))))
  }

  @Test func `IPv6 options that may change, and routing headers`() throws {
    let routing: (Int, Bool) -> [UInt8] = { left, arrived in
      let places = (0..<2).map { [UInt8](repeating: UInt8($0 + 1), count: 16) }
      let destination = [UInt8](repeating: 9, count: 16)
      let list = arrived ? [destination, places[0]] : places
      let header = hex("60000000 0050 00 40") + [UInt8](repeating: 7, count: 16) + (arrived ? places[1] : destination)
      let options = hex("2b00 3e02 aabb 0100")
      return header + options + hex("3304 00") + [UInt8(left)] + hex("00000000") + list.flatMap { $0 }
        + hex("11040000 00001001 00000001 000000000000000000000000 0401000700080000")
    }
    let sent = try AuthenticationHeaderTransform.icvInput(routing(2, false), icvLength: 12)
    let arrived = try AuthenticationHeaderTransform.icvInput(routing(0, true), icvLength: 12)
    #expect(hex(sent.octets) == hex(arrived.octets))
    #expect(sent.offset == 88 && sent.header.nextHeader == .udp)
    #expect(Array(sent.octets[42..<46]) == [0x3E, 2, 0, 0])
  }

  @Test func `Nothing that is cut short traps`() throws {
    let transform = try #require(
      try AuthenticationHeaderTransform(.hmacSHA1_96, key: [UInt8](repeating: 3, count: 20)))
    #expect(try AuthenticationHeaderTransform(.none, key: []) == nil)
    let datagram = try transform.protect(udp(8), spi: 0x1001, sequenceNumber: 1)
    var generator = numbers(9)
    for length in 0..<datagram.count {
      #expect(((try? transform.isAuthentic(Array(datagram.prefix(length)))) ?? false) == false)
      var junk = generator.bytes(length)
      if length > 6 {
        junk[0] = length % 2 == 0 ? 0x60 : 0x46
        junk[6] = [0, 43, 60, 51][length % 4]
      }
      #expect(((try? transform.isAuthentic(junk)) ?? false) == false)
      _ = try? AuthenticationHeaderTransform.removingHeader(from: junk)
      _ = try? transform.protect(junk, spi: 0x1001, sequenceNumber: 1)
    }
  }
}
