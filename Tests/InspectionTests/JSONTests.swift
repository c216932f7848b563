import Inspection
import Testing
import Wire

@Suite struct JSONTests {
  private func text(_ body: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    body(&json)
    return String(decoding: json.bytes, as: UTF8.self)
  }

  @Test func escapesEverythingButPlainText() {
    #expect(
      text { $0.string("a\"\\\u{1B}[2J\n\u{7F}é\u{1F600}") } == #""a\"\\\u001b[2J\u000a\u007f\u00e9\ud83d\ude00""#)
  }

  @Test func writesNumbersExactly() {
    #expect(text { $0.number(UInt64.max) } == "18446744073709551615")
    #expect(text { $0.number(-7) } == "-7")
    #expect(text { $0.number(0) } == "0")
    #expect(text { $0.seconds(nanoseconds: 1_700_000_000_000_000_001) } == "1700000000.000000001")
    #expect(text { $0.seconds(nanoseconds: -1) } == "-0.000000001")
    #expect(text { $0.seconds(nanoseconds: 100_000_000) } == "0.100000000")
  }

  @Test func nests() {
    #expect(
      text { json in
        json.object { json in
          json.name("a")
          json.array { json in
            json.boolean(true)
            json.hexadecimal([0, 0xAB])
            json.object { _ in }
          }
          json.name("b")
          json.number(1)
        }
      } == #"{"a":[true,"00ab",{}],"b":1}"#)
  }

  @Test("A frame word for word")
  func frame() {
    var inspector = FrameInspector(keys: SamplePackets.keys)
    let report = inspector.inspect(
      SamplePackets.rfc3602, linkType: .raw,
      into: FrameReport(number: 3, nanoseconds: 5, length: 200, interface: "fw-a:wan", comments: ["a\u{7}"]))
    #expect(
      text { report.write(to: &$0) } == """
        {"frame":3,"time":0.000000005,"length":200,"captured":124,"interface":"fw-a:wan","comments":["a\\u0007"],\
        "layers":[{"layer":"ipv4","fields":{"version":4,"headerLength":20,"typeOfService":0,"totalLength":124,\
        "identification":2290,"reservedFlag":false,"dontFragment":false,"moreFragments":false,"fragmentOffset":0,\
        "timeToLive":64,"protocol":50,"headerChecksum":63909,"headerChecksumRight":true,\
        "sourceAddress":"192.168.123.3","destinationAddress":"192.168.123.100"}},\
        {"layer":"esp","verdict":"ok","unauthenticated":true,"reason":"there is no ICV","key":"RFC 3602",\
        "fields":{"securityParametersIndex":17185,"sequenceNumber":1,\
        "initializationVector":"e96e8c08ab465763fd098d45dd3ff893",\
        "payloadData":"f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e523a55db080b59ec3a8e4b\
        7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6",\
        "padding":"0102030405060708090a0b0c0d0e","padLength":14,"nextHeader":1}},\
        {"layer":"icmp","fields":{"type":8,"code":0,"checksum":3773,"checksumRight":true,"identifier":42762,\
        "sequenceNumber":0,"data":"8e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728\
        292a2b2c2d2e2f3031323334353637"}}]}
        """)
  }
}
