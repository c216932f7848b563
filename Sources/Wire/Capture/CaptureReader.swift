/// Reads a pcap or pcapng file frame by frame, whole in memory or chunk by chunk, in any byte order.
///
/// `next()` gives frames until the file ends; where the file is cut off or broken it gives all frames before that
/// place, then throws once, then says that there is nothing more.
public struct CaptureReader {
  /// The interfaces that have been described so far, those of earlier sections included.
  public internal(set) var interfaces: [CaptureInterface] = []

  var buffer: CaptureBuffer
  var format = Format.unread
  /// Frames read so far.
  var count = 0

  enum Format {
    case unread, ended
    case pcap(PcapFormat)
    case pcapng(PcapngSection)
  }

  /// More octets than this in one frame are refused, as the common tools do.
  public static let maximumFrameLength = 262_144
  /// More octets than this in a block that we have to look into are refused.
  public static let maximumBlockLength = 16_777_216

  /// Reads a file that lies in memory.
  public init(_ bytes: [UInt8]) { buffer = CaptureBuffer(bytes) }

  /// Reads a file whose octets `chunks` gives piece by piece, an empty piece at the end; pieces of 64 KiB to 1 MiB are
  /// fast. What it throws comes out of `next()`.
  public init(chunks: @escaping () throws(CaptureError) -> [UInt8]) { buffer = CaptureBuffer(chunks) }

  /// The next frame; `nil` at the end of the file, and after an error.
  public mutating func next() throws(CaptureError) -> CapturedFrame? {
    do {
      return try advance()
    } catch {
      format = .ended
      throw error
    }
  }

  private mutating func advance() throws(CaptureError) -> CapturedFrame? {
    if case .unread = format { try readFormat() }
    switch format {
    case .unread, .ended: return nil
    case .pcap(let pcap): return try nextRecord(pcap)
    case .pcapng: return try nextBlock()
    }
  }

  private mutating func readFormat() throws(CaptureError) {
    guard try buffer.fill(4) else {
      throw CaptureError(
        offset: 0,
        fault: buffer.available == 0 ? .empty : .unknownFormat(firstOctets: buffer.octets(0, buffer.available)))
    }
    if buffer.uint32(0) == PcapngSection.sectionHeader {
      format = .pcapng(PcapngSection(firstInterface: 0))
    } else if let pcap = PcapFormat(&buffer) {
      format = .pcap(pcap)
      try readFileHeader(pcap)
    } else {
      throw CaptureError(offset: 0, fault: .unknownFormat(firstOctets: buffer.octets(0, 4)))
    }
  }
}
