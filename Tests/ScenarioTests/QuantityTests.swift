import Testing
import Units

@testable import Scenario

@Suite struct QuantityTests {
  private func fault(_ rule: ScalarRule, _ text: String) -> ScalarFault? {
    do {
      _ = try rule.read(text)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    ("10 ms", UInt64(10_000_000)), ("10ms", 10_000_000), ("1.5 s", 1_500_000_000), ("0", 0), ("0 s", 0),
    ("2 min", 120_000_000_000),
    ("1 h", 3_600_000_000_000), ("0.000000001 s", 1), ("1.10 us", 1_100),
  ])
  func durations(_ text: String, _ nanoseconds: UInt64) throws {
    #expect(try ScalarRule.duration().read(text) == .duration(SimDuration(nanoseconds: nanoseconds)))
  }

  @Test(arguments: [
    ("1.5 Mbit/s", UInt64(1_500_000)), ("100 Mbit/s", 100_000_000), ("0.1 kbit/s", 100), ("1 bit/s", 1),
    ("12.345678901 Gbit/s", 12_345_678_901),
  ])
  func rates(_ text: String, _ bitsPerSecond: UInt64) throws {
    #expect(try ScalarRule.rate.read(text) == .rate(BitRate(bitsPerSecond: bitsPerSecond)))
  }

  @Test(arguments: [
    ("1500", UInt64(1_500)), ("64 kB", 64_000), ("64 KiB", 65_536), ("1.5 kB", 1_500), ("0.25 KiB", 256),
  ])
  func sizes(_ text: String, _ octets: UInt64) throws {
    #expect(try ScalarRule.size(0...100_000).read(text) == .bytes(ByteCount(octets)))
  }

  @Test(arguments: [
    ("1/100", Ratio(1, 100)), ("1 %", Ratio(1_000_000, 100_000_000)), ("0", .zero),
    ("0.5%", Ratio(500_000, 100_000_000)),
    ("1", Ratio(1, 1)), ("0/7", Ratio(0, 7)),
  ])
  func ratios(_ text: String, _ ratio: Ratio) throws {
    guard case .ratio(let read) = try ScalarRule.ratio.read(text) else {
      Issue.record("\(text) was read as something else")
      return
    }
    #expect(read.numerator * ratio.denominator == ratio.numerator * read.denominator)
  }

  @Test(arguments: [
    ("10", "\"10\" is no duration: it has no unit"), ("ms", "\"ms\" is no duration: it does not begin with a number"),
    ("-1 s", "\"-1 s\" is no duration: it does not begin with a number"),
    ("10 parsecs", "\"10 parsecs\" has the unknown unit \"parsecs\""),
    ("0.5 ns", "\"0.5 ns\" is finer than can be counted"),
    ("99999999999999999999 s", "\"99999999999999999999 s\" is too large"),
    ("9999999999999 h", "\"9999999999999 h\" is too large"), ("400 h h", "\"400 h h\" has the unknown unit \"h h\""),
    ("9999 h", "\"9999 h\" is out of range"), ("1. s", "\"1. s\" is no duration: it does not begin with a number"),
  ])
  func badDurations(_ text: String, _ what: String) {
    #expect(fault(.duration(), text)?.what == what)
  }

  @Test func badValues() {
    #expect(fault(.rate, "10 Mbits")?.suggestion == "10 Mbit/s")
    #expect(fault(.rate, "0 bit/s")?.what == "a link of \"0 bit/s\" carries nothing")
    #expect(fault(.ratio, "2/1")?.what == "\"2/1\" is more than always")
    #expect(fault(.ratio, "101 %")?.what == "\"101 %\" is more than always")
    #expect(fault(.ratio, "1/0")?.what == "\"1/0\" is more than always")
    #expect(fault(.volume, "1000 B")?.what == "\"1000 B\" is no whole number of kilobytes of 1,024 octets")
    #expect(fault(.ports, "90-80")?.what == "\"90-80\" ends before it begins")
    #expect(fault(.ports, "70000")?.what == "\"70000\" is no port")
    #expect(fault(.addresses, "10.1.0.1/16")?.suggestion == "10.1.0.0/16")
    #expect(fault(.interfaceAddress, "10.1.255.255/16")?.what == "10.1.255.255 is the broadcast address of 10.1.0.0/16")
    #expect(fault(.interfaceAddress, "127.0.0.1/8")?.what == "127.0.0.1 is no address that a node can have")
    #expect(fault(.espSuite, "aes128-sha")?.suggestion == "aes128-sha1")
    #expect(fault(.phase1Suite, "aes128-sha1-group3")?.suggestion == "aes128-sha1-group1")
    #expect(fault(.secret, "0x123")?.what == "the secret has 3 hexadecimal digits")
    #expect(fault(.name, "-a")?.what == "\"-a\" is no name")
  }

  @Test func goodValues() throws {
    #expect(try ScalarRule.secret.read("0x00ff") == .key([0, 255]))
    #expect(try ScalarRule.ports.read("1024-65535") == .ports(.range(1_024...65_535)))
    #expect(try ScalarRule.transport.read("47") == .transport(.value(.gre)))
    #expect(try ScalarRule.target.read("bob") == .reference(node: "bob", interface: nil))
    #expect(ScalarRule.espSuites.count == 59)
    #expect(ScalarRule.phase1Suites.count == 60)
  }

  @Test func everyStandardIsReadable() {
    func check(_ shape: RecordShape) {
      for field in shape.fields {
        switch (field.shape, field.presence) {
        case (.scalar(let rule), .standard(let text)): #expect(fault(rule, text) == nil, "\(field.key)")
        case (.record(let inner), _), (.list(.record(let inner), _), _), (.named(.record(let inner), _, _), _):
          check(inner)
        default: break
        }
      }
    }
    check(ScenarioFormat.root)
  }

  @Test func nearWords() {
    #expect(closest(to: "dely", among: ["rate", "delay"]) == "delay")
    #expect(closest(to: "dealy", among: ["rate", "delay"]) == "delay")
    #expect(closest(to: "zzz", among: ["rate", "delay"]) == nil)
    #expect(editDistance(Array("kitten".unicodeScalars), Array("sitting".unicodeScalars)) == 3)
  }
}
