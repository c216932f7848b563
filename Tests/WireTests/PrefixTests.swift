import Testing

@testable import Wire

@Suite("Addresses and prefixes of either family")
struct PrefixTests {
  static let four = IPv4Address(10, 1, 2, 3)
  static let six = SampleFrames.six

  @Test("octets make the address that they came from; any other number makes none")
  func octets() {
    for address in [IPAddress.v4(Self.four), .v6(Self.six)] { #expect(IPAddress(octets: address.octets) == address) }
    #expect(IPv6Address(octets: Self.six.octets[...]) == Self.six)
    for count in [0, 3, 5, 15, 17] { #expect(IPAddress(octets: [UInt8](repeating: 1, count: count)) == nil) }
  }

  @Test("addresses are ordered: IPv4 first, then by number; equal only within a family")
  func order() {
    let ordered: [IPAddress] = [
      .v4(.any), .v4(Self.four), .v4(.broadcast), .v6(.any), .v6(IPv6Address(high: 0, low: 1)),
      .v6(IPv6Address(high: 1, low: 0)), .v6(Self.six),
    ]
    for (i, first) in ordered.enumerated() {
      for (j, second) in ordered.enumerated() {
        #expect((first < second) == (i < j), "\(first), \(second)")
        #expect((first == second) == (i == j), "\(first), \(second)")
      }
    }
    #expect(ordered.map(\.isIPv6) == [false, false, false, true, true, true, true])
    #expect(ordered.map(\.isIPv4) == [true, true, true, false, false, false, false])
    #expect(IPv6Address("ff02::1")?.isMulticast == true && !Self.six.isMulticast)
  }

  @Test(
    "a prefix is read and written",
    arguments: ["10.1.0.0/16", "0.0.0.0/0", "10.1.2.3/32", "2001:db8::/48", "::/0", "2001:db8:1::42/128", "fe80::/10"])
  func text(text: String) throws {
    let prefix = try #require(IPPrefix(text))
    #expect("\(prefix)" == text)
    #expect(prefix.isIPv6 == text.contains(":"))
    #expect(IPv4Prefix(text).map(IPPrefix.init) == (prefix.isIPv6 ? nil : prefix))
    #expect(IPv6Prefix(text).map(IPPrefix.init) == (prefix.isIPv6 ? prefix : nil))
    #expect((IPv6Prefix(text)?.description ?? IPv4Prefix(text)?.description) == text)
  }

  @Test(
    "what is no prefix is not taken for one",
    arguments: [
      "", "/", "10.1.0.0", "10.1.0.0/", "10.1.0.0/33", "10.1.0.5/16", "10.1.0.0/016", "10.1.0.0/+16", "10.1.0.0/-1",
      "10.1.0.0/16/", "2001:db8::/129", "2001:db8::1/48", "2001:db8::/1000", "/48", "x/8",
    ])
  func nonsense(text: String) {
    #expect(IPPrefix(text) == nil)
    #expect(IPv4Prefix(text) == nil && IPv6Prefix(text) == nil)
  }

  @Test("of every length holds exactly the addresses from its first to its last")
  func bounds() throws {
    for length in 0...128 {
      let prefix = IPv6Prefix(Self.six, length: length)
      #expect(prefix.contains(Self.six) && prefix.contains(prefix.network) && prefix.contains(prefix.last))
      #expect(prefix.mask.high.nonzeroBitCount + prefix.mask.low.nonzeroBitCount == length)
      #expect(prefix.network.octets == zip(Self.six.octets, prefix.mask.octets).map { $0 & $1 })
      #expect(prefix.last.octets == zip(Self.six.octets, prefix.mask.octets).map { $0 | ~$1 })
      for bit in 0..<128 {
        var octets = Self.six.octets
        octets[bit / 8] ^= 0x80 >> UInt8(bit % 8)
        let other = try #require(IPv6Address(octets: octets))
        #expect(prefix.contains(other) == (bit >= length), "length \(length), bit \(bit)")
        #expect(IPPrefix(prefix).contains(.v6(other)) == (bit >= length))
      }
      #expect(IPPrefix(.v6(Self.six), length: length) == IPPrefix(prefix))
      #expect(IPPrefix(prefix).last == .v6(prefix.last))
    }
    #expect(IPv6Prefix(Self.six, length: 200).length == 128 && IPv6Prefix(Self.six, length: -1).length == 0)
  }

  @Test("never holds an address of the other family, not even one of length 0")
  func families() {
    for length in 0...32 {
      let prefix = IPPrefix(.v4(Self.four), length: length)
      #expect(prefix.contains(.v4(Self.four)) && !prefix.contains(.v6(.any)))
      #expect(prefix.contains(.v4(IPv4Address(10, 1, 2, 2))) == (length < 32))
      #expect(prefix.last == .v4(IPv4Prefix(Self.four, length: length).last))
    }
    #expect(!IPPrefix(.v6(.any), length: 0).contains(.v4(.any)))
  }
}
