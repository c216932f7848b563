import Journal
import Wire

/// The capture files of an export while they are written: one a tap, and `capture.pcapng` for the chosen one.
struct CaptureFiles {
  /// Octets that a file may hold back before they are written.
  private static let bufferLimit = 1 << 18

  private struct File {
    var name: String
    var writer: PcapngWriter
  }

  private let folder: ExportFolder
  private let chosen: TapFrame.Place?
  private var files: [File] = []
  private var places: [TapFrame.Place: Int] = [:]
  private var chosenFile: Int?
  /// Frames in `capture.pcapng`.
  private(set) var frames: UInt64 = 0
  /// Files under `taps`.
  private(set) var count = 0

  init(_ folder: ExportFolder, _ taps: [Tap], chosen: Tap?, program: String) throws(ExportError) {
    self.folder = folder
    self.chosen = chosen.map { TapFrame.Place(node: $0.node, link: $0.link) }
    var used: Set<String> = []
    for tap in taps {
      var name = ExportFolder.safeName(tap.name.replacing(":", with: "-"))
      // Names that differ in unsafe or in upper-case letters only get a number.
      var number = 2
      while !used.insert(name.lowercased()).inserted {
        name = ExportFolder.safeName(tap.name.replacing(":", with: "-")) + "-\(number)"
        number += 1
      }
      places[TapFrame.Place(node: tap.node, link: tap.link)] = files.count
      try add("taps/\(name).pcapng", tap.name, program)
      count += 1
    }
    if let chosen { chosenFile = files.count; try add("capture.pcapng", chosen.name, program) }
  }

  private mutating func add(_ name: String, _ interface: String, _ program: String) throws(ExportError) {
    try folder.makeFile(name)
    var writer = PcapngWriter(version: program)
    // PPP links would have their own link type; today every link carries bare IP.
    _ = writer.addInterface(name: interface, linkType: .raw)
    files.append(File(name: name, writer: writer))
  }

  mutating func append(_ bytes: [UInt8], _ frame: TapFrame) throws(ExportError) {
    if let index = places[frame.place] { try append(bytes, frame, to: index) }
    if frame.place == chosen, let chosenFile {
      try append(bytes, frame, to: chosenFile)
      frames += 1
    }
  }

  private mutating func append(_ bytes: [UInt8], _ frame: TapFrame, to index: Int) throws(ExportError) {
    files[index].writer.append(
      bytes, interface: 0, at: frame.instant, direction: frame.isOutbound ? .outbound : .inbound,
      comment: "entry \(frame.entry.rawValue)")
    if files[index].writer.bytes.count >= Self.bufferLimit { try flush(index) }
  }

  /// Writes what is held back.
  mutating func flush() throws(ExportError) {
    for index in files.indices { try flush(index) }
  }

  private mutating func flush(_ index: Int) throws(ExportError) {
    try folder.append(files[index].writer.take(), to: files[index].name)
  }
}
