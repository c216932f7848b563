import Testing

@testable import Wire

@Suite("Basic Security Option")
struct IPv4SecurityOptionTests {
  typealias Option = IPv4SecurityOption

  static func header(_ options: [UInt8]) -> IPv4Header {
    IPv4Header(from: IPv4Address(10, 1, 0, 5), to: .broadcast, protocol: .udp, payloadLength: 0, options: options)
  }

  @Test("is written into a header as RFC 1108 §2 draws it, and read again")
  func roundTrip() throws {
    let cases: [(Option, [UInt8])] = [
      (Option(.unclassified), [130, 3, 0xAB]),
      (Option(.confidential, .doe), [130, 4, 0x96, 0x08]),
      (Option(.secret, [.genser, .sci]), [130, 4, 0x5A, 0xA0]),
      (Option(.topSecret, [.genser, .siopESI, .sci, .nsa, .doe]), [130, 4, 0x3D, 0xF8]),
    ]
    for (option, octets) in cases {
      #expect(option.encoded == octets)
      let header = Self.header([1] + option.encoded)
      expectContract(header)
      let read = try IPv4Header(decoding: header.encoded)
      #expect(read.securityOption == option)
      #expect(read.securityOption?.authorities == option.authorities)
      // Every fragment says how secret it is.
      #expect(read.copiedOptions.starts(with: octets))
    }
    #expect(Self.header([]).securityOption == nil && Self.header([148, 4, 0, 0]).securityOption == nil)
  }

  @Test("with more flags than there are authorities keeps them, and says which octet is the last")
  func moreFlags() throws {
    let octets: [UInt8] = [130, 6, 0x96, 0x2F, 0x03, 0x80]
    let option = try #require(Self.header(octets).securityOption)
    #expect(option.level == .confidential && option.flagOctets == [0x2E, 0x02, 0x80])
    #expect(option.authorities.isSuperset(of: [.sci, .doe]) && option.authorities.isDisjoint(with: [.genser, .nsa]))
    #expect(option.encoded == octets)
  }

  @Test("that makes no sense is refused, and says why")
  func refusals() {
    let cases: [([UInt8], String)] = [
      ([148, 4, 0, 0], "IPv4 · Option at byte 0x0014: 148 is not allowed here (RFC 791 §3.1)"),
      ([130, 2, 0, 0], "IPv4 · Option at byte 0x0014: 2 is less than the 3 bytes there must be (RFC 791 §3.1)"),
      ([130, 9, 0xAB, 0], "IPv4 · Option at byte 0x0014: 9 exceeds the 4 bytes there are (RFC 791 §3.1)"),
      ([1, 1, 1, 130], "IPv4 · Option at byte 0x0017: 0 is less than the 3 bytes there must be (RFC 791 §3.1)"),
      (
        [130, 4, 0xAB, 0x81],
        "IPv4 · Field Termination Indicator at byte 0x0017: 1 is not allowed here (RFC 1108 §2.4)"
      ),
      (
        [130, 5, 0xAB, 0x80, 0x80],
        "IPv4 · Field Termination Indicator at byte 0x0017: 0 is not allowed here (RFC 1108 §2.4)"
      ),
    ]
    for (octets, reason) in cases {
      let header = Self.header(octets)
      #expect(header.securityOption == nil)
      #expect {
        _ = try Option(try #require(header.parsedOptions.first { $0.type.isCopied }))
      } throws: {
        #expect("\($0)" == reason)
        return true
      }
      #expect(header.fields(at: 0).last?.children.allSatisfy { $0.children.isEmpty } == true)
    }
  }

  @Test("has levels in an order, any two of them four bits apart")
  func levels() {
    typealias Level = Option.ClassificationLevel
    let known: [Level] = [.unclassified, .confidential, .secret, .topSecret]
    #expect(known.map(\.name) == ["Unclassified", "Confidential", "Secret", "Top Secret"])
    #expect(known.map(\.rank) == [1, 4, 5, 6])
    let assigned = (UInt8.min...UInt8.max).map(Level.init).filter { $0.name != nil }
    #expect(assigned.count == 8 && Set(assigned.map(\.rank)) == Set((0..<8).map(Optional.some)))
    for first in assigned {
      for second in assigned where first != second {
        #expect((first.rawValue ^ second.rawValue).nonzeroBitCount >= 4, "\(first.rawValue), \(second.rawValue)")
      }
    }
    #expect(Level(rawValue: 0x3C).name == nil && Level(rawValue: 0x3C).rank == nil)
  }

  @Test("is shown field by field")
  func nodes() throws {
    let option = try #require(Self.header([130, 5, 0x5A, 0xA1, 0x02]).fields(at: 100).last?.children.first)
    #expect(
      option.children.map(\.name) == [
        "classificationLevel", "protectionAuthorityFlags", "protectionAuthorityFlags2",
      ])
    #expect(option.children.map(\.range) == [122..<123, 123..<124, 124..<125])
    #expect(option.children[0].meaning == "Secret")
    let flags = option.children[1].children
    #expect(
      flags.map(\.name) == [
        "genser", "siopESI", "sci", "nsa", "doe", "unassignedAuthorities", "fieldTerminationIndicator",
      ])
    #expect(
      flags.map(\.value) == [
        .boolean(true), .boolean(false), .boolean(true), .boolean(false), .boolean(false), .unsigned(0), .boolean(true),
      ])
    #expect(flags.last?.meaning == "another octet follows")
    let later = option.children[2].children
    #expect(later.map(\.value) == [.unsigned(1), .boolean(false)])
    #expect(later.last?.meaning == "the last octet of flags")
  }
}
