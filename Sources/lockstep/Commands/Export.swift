import ArgumentParser
import Explanation
import Recording

/// `lockstep export`: a run as a folder that Wireshark opens with the run's keys.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Export a run as captures with keys, for Wireshark, tshark and scapy.",
    discussion: """
      The folder holds capture.pcapng (one interface), taps/ (every interface), esp_sa, ikev1_decryption_table, \
      preferences, and README.txt with the command that opens it. Wireshark has no table for AH: sas.json lists every \
      AH, ESP and IPComp association, as scapy's users keep them, and inspect --sas reads it.

      Examples:
        lockstep export last out
        lockstep export 3 out --tap fw-b:wan --replace
      """)

  @Argument(help: "A run's number, or last.", transform: RunArgument.read) var target: RunArgument
  @Argument(help: "The folder; it is made where there is none.", completion: .directory) var folder: String
  @Option(help: "The interface whose traffic capture.pcapng shows, such as fw-a:wan.") var tap: String?
  @Flag(help: "Replace what an earlier export has left in the folder.") var replace = false
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var format: FormatOptions

  func run() throws {
    let reader = try target.reader(in: try database.openForReading())
    let result = try Exporter(reader).export(to: folder, Exporter.Options(tap: tap, isReplacing: replace))
    if format.format == .json { return Console.out(try JSON.line(result)) }
    let name = Console.printable(folder)
    Console.out("\(name): \(count(result.frames, "frame")) at \(result.tap), \(count(result.captures, "tap")) in all")
    Console.out(
      "keys: \(count(result.associations, "ESP association")), \(count(result.isakmpKeys, "ISAKMP association")); "
        + "\(count(result.listed, "association")) in sas.json")
    Console.out("open it with: \(Console.printable(result.command))")
  }
}
