import Cryptography
import Testing
import Units
import Wire

@testable import IPsec

@Suite struct AuthenticationHeaderTests {
  /// Captures of datagrams whose outermost protocol is AH.
  static let names = KernelCapture.names("").filter { name in
    (try? datagrams(try KernelCapture(name)).isEmpty) == false
  }

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
      let header = try AuthenticatedOctets(of: datagram, icvLength: 12).header
      let association = try #require(
        capture.associations.first { $0.proto == "ah" && $0.number == header.spi })
      let integrity = try #require(KernelAssociation.authenticators[association.auth ?? ""])
      let transform = try #require(try AuthenticationHeaderTransform(integrity, key: hex(association.auth_key ?? "")))
      #expect(try transform.isAuthentic(datagram), "datagram \(index)")
      var changed = datagram
      changed[changed.count - 1] ^= 1
      #expect(try !transform.isAuthentic(changed))
      // Some make AH a multiple of eight octets for IPv4 too: only then is the length another.
      guard datagram[0] >> 4 == 6 || header.integrityCheckValue.count == integrity.icvLength else { continue }
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

  @Test(arguments: [IntegrityAlgorithm.hmacMD5_96, .hmacSHA1_96, .hmacSHA256_128, .hmacSHA512_256], [false, true])
  func `The engine's short way past options covers the very same octets`(
    integrity: IntegrityAlgorithm, isIPv6: Bool
  ) throws {
    let key = [UInt8](repeating: 3, count: integrity.keyLength)
    let transform = try #require(try AuthenticationHeaderTransform(integrity, key: key))
    let bare =
      isIPv6 ? IPv6Packet.packet(extensions: [], next: .udp, hex("0401000700080000")) : udp(8, typeOfService: 0xB8)
    let protected = try transform.protect(bare, spi: 0x1001, sequenceNumber: 1)
    let offset = isIPv6 ? 40 : 20
    #expect(try transform.isAuthentic(protected, at: offset, isIPv6: isIPv6))
    // Lengths, and what says that AH follows, were read before either looks.
    let structure: Set<Int> = isIPv6 ? [4, 5, 6, 41] : [0, 2, 3, 9, 21]
    for place in protected.indices where !structure.contains(place) {
      var changed = protected
      changed[place] ^= 0x01
      #expect(
        try transform.isAuthentic(changed) == transform.isAuthentic(changed, at: offset, isIPv6: isIPv6),
        "octet \(place)")
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

  @Test func `In IPv6 AH fills 64 bits, and its padding is covered`() throws {
    let transform = try #require(
      try AuthenticationHeaderTransform(.hmacSHA256_128, key: [UInt8](repeating: 3, count: 32)))
    let bare = IPv6Packet.packet(extensions: [], next: .udp, hex("0401000700080000"))
    let protected = try transform.protect(bare, spi: 0x1001, sequenceNumber: 1)
    #expect(protected.count == bare.count + 32)
    #expect(hex(protected[40..<48]) == "1106000000001001" && hex(protected[68..<72]) == "00000000")
    #expect(try transform.isAuthentic(protected))
    #expect(try AuthenticationHeaderTransform.removingHeader(from: protected) == bare)
    let mutable: Set<Int> = [1, 2, 3, 7]
    for offset in protected.indices where !([0, 4, 5, 6, 41].contains(offset)) {
      var changed = protected
      changed[offset] ^= 0x01
      #expect(((try? transform.isAuthentic(changed)) ?? false) == mutable.contains(offset), "octet \(offset)")
    }
  }

  @Test func `In IPv6 AH stands behind what is read on the way, and in front of what the destination reads`() throws {
    let transform = try #require(
      try AuthenticationHeaderTransform(.hmacMD5_96, key: [UInt8](repeating: 3, count: 16)))
    let options: [UInt8] = [1, 4, 0, 0, 0, 0]
    let routing = [UInt8](repeating: 0, count: 6)
    let cases: [([(IPProtocol, [UInt8])], place: Int)] = [
      ([], 40), ([(.hopByHop, options)], 48), ([(.ipv6DestinationOptions, options)], 40),
      ([(.hopByHop, options), (.ipv6DestinationOptions, options)], 48),
      ([(.ipv6DestinationOptions, options), (.ipv6Routing, routing), (.ipv6DestinationOptions, options)], 56),
    ]
    for (extensions, place) in cases {
      let bare = IPv6Packet.packet(extensions: extensions, next: .udp, hex("0401000700080000"))
      let protected = try transform.protect(bare, spi: 0x1001, sequenceNumber: 1)
      #expect(protected[place + 4..<place + 8].elementsEqual([0, 0, 0x10, 0x01]), "\(extensions)")
      #expect(try transform.isAuthentic(protected))
      #expect(try AuthenticationHeaderTransform.removingHeader(from: protected) == bare)
    }
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
        (junk[4], junk[5]) = (0, UInt8(max(0, length - 40)))
      }
      #expect(((try? transform.isAuthentic(junk)) ?? false) == false)
      _ = try? AuthenticationHeaderTransform.removingHeader(from: junk)
      _ = try? transform.protect(junk, spi: 0x1001, sequenceNumber: 1)
    }
  }
}
