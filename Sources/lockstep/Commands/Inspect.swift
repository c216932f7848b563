import ArgumentParser
import Explanation
import Foundation
import Inspection
import Journal
import Recording
import Wire

/// `lockstep inspect`: layers, fields and bytes of recorded packets, and of capture files that others made.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look into packets: layers, fields, bytes, before and after decryption.",
    discussion: """
      Of a recorded run, its keys are known. A capture file (pcap or pcapng) is opened as far as the key files go.

      Examples:
        lockstep inspect last
        lockstep inspect last 42
        lockstep inspect capture.pcapng --esp-sa esp_sa
        lockstep inspect capture.pcap --sas sas.json --format json
        lockstep inspect capture.pcap --sas sas.json --icv --no-bytes

      With --format json there is one object a frame: its layers, each with its fields, and for a protected one the \
      verdict (ok, bad, noKey) with the layers inside following it; with --icv also what its ICV covers, as icv.
      """)

  @Argument(help: "A run's number, last, or a capture file.") var target: String
  @Argument(help: "An entry of the run: look into the packet that it is about.") var entry: UInt64?
  @Option(name: .customLong("esp-sa"), help: "ESP keys of a capture file, in Wireshark's format.") var espSA: [String] =
    []
  @Option(name: .customLong("ike-keys"), help: "ISAKMP keys of a capture file, in Wireshark's format.")
  var ikeKeys: [String] = []
  @Option(name: .customLong("sas"), help: "AH, ESP and IPComp keys of a capture file, as a JSON list.")
  var associations: [String] = []
  @Flag(help: "Say of every field what it is for and where it is specified.") var explain = false
  @Flag(inversion: .prefixedNo, help: "Show the bytes.") var bytes = true
  @Flag(help: "Show the very bytes that each ICV covers, those marked that were zeroed.") var icv = false
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var look: StyleOptions

  func run() throws {
    if let run = try? RunArgument.read(target), !isFile {
      let reader = try run.reader(in: try database.openForReading())
      if let entry { return try inspect(EntryID(entry), of: reader) }
      return try inspectPackets(of: reader)
    }
    guard entry == nil else {
      throw ValidationError("entries are numbered in a run; for a capture file leave \(entry ?? 0) out")
    }
    try inspectFile()
  }

  /// `inspect last` means the run, and a file that is called like a run is named with its folder: `./3`.
  private var isFile: Bool { target.contains("/") || target.contains(".") }

  private var tree: LayerTree {
    LayerTree(LayerTree.Options(explains: explain, showsBytes: bytes, showsICV: icv), style: look.style)
  }

  // MARK: A run

  private func inspect(_ id: EntryID, of reader: RunReader) throws {
    let narrator = try Narrator(reader, style: look.style)
    let entry = try reader.entry(id)
    let inspection = try RunInspector(reader).inspect(id)
    if format.format == .json {
      guard let inspection else { return Console.out(#"{"entry":\#(id.rawValue),"layers":[]}"#) }
      return Console.frame(inspection.report, details: explain, icv: icv)
    }
    Console.tell(narrator.line(entry))
    guard let inspection else {
      return Console.out("        this entry is about no packet; lockstep why \(reader.number) \(id.rawValue)")
    }
    for line in tree.lines(inspection, narrator.glossary) { Console.out(line) }
  }

  /// Every packet of the run once, where it was first seen.
  private func inspectPackets(of reader: RunReader) throws {
    var inspector = FrameInspector(keys: try KeyRing(reader), showsChecks: icv)
    let narrator = try Narrator(reader, style: look.style)
    var seen: Set<PacketID> = []
    var number = 0
    try reader.walk { entry in
      guard let id = entry.event.packet, seen.insert(id).inserted else { return .on }
      number += 1
      let packet = try reader.packet(id)
      if format.format == .plain {
        Console.tell(narrator.line(entry))
        return .on
      }
      let report = FrameReport(
        number: number, nanoseconds: Int64(clamping: entry.instant.nanoseconds), length: packet.bytes.count,
        interface: narrator.glossary.name(of: entry.node), comments: ["entry \(entry.id.rawValue)"])
      Console.frame(inspector.inspect(packet.bytes, linkType: .raw, into: report), details: explain, icv: icv)
      return .on
    }
    if format.format == .plain {
      Console.note("\(number) packets; look into one with: lockstep inspect \(reader.number) ENTRY")
    }
  }

  // MARK: A capture file

  /// Errors of key files that are told: a file of another kind has one in every line.
  private static let errorLimit = 20

  private func keyRing() throws -> KeyRing {
    var ring = KeyRing()
    var errors: [KeyFileError] = []
    for path in espSA { errors += ring.addESPAssociations(try Files.read(path), path: path) }
    for path in ikeKeys { errors += ring.addISAKMPKeys(try Files.read(path), path: path) }
    for path in associations { errors += ring.addAssociationList(try Files.read(path), path: path) }
    for error in errors.prefix(Self.errorLimit) { Console.note(Console.printable(error.description)) }
    let rest = errors.count - Self.errorLimit
    if rest > 0 { Console.note("and \(count(rest, "more error"))") }
    if !errors.isEmpty { throw Ending.unusable }
    return ring
  }

  private func inspectFile() throws {
    var inspector = FrameInspector(keys: try keyRing(), showsChecks: icv)
    var reader = CaptureReader(chunks: try Files.chunks(target))
    var json = JSONWriter()
    while true {
      let frame: CapturedFrame?
      do { frame = try reader.next() } catch {
        Console.flush()
        Console.note("\(Console.printable(target)): error: \(Console.words(for: error))")
        throw Ending.unusable
      }
      guard let frame else { break }
      let name = reader.interfaces.indices.contains(frame.interface) ? reader.interfaces[frame.interface].name : nil
      let report = inspector.inspect(frame, interface: name)
      if format.format == .json {
        report.write(to: &json, options: FrameReport.JSONOptions(details: explain, icv: icv))
        json.endLine()
        Console.raw(json.bytes)
        json.removeAll()
      } else {
        for line in tree.lines(report) { Console.out(line) }
        Console.out("")
      }
    }
  }
}
