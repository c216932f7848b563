/// Why a capture file could not be read on: what was wrong and at which octet of the file. Frames before it are good.
public struct CaptureError: Error, Hashable, Sendable {
  /// What was wrong.
  public enum Fault: Hashable, Sendable {
    /// The file begins with none of the magic numbers.
    case unknownFormat(firstOctets: [UInt8])
    /// There is nothing in the file.
    case empty
    /// The file ends inside `what`, which needs `needed` octets of which `available` are there.
    case truncated(what: String, needed: Int, available: Int)
    /// A length of `what` that cannot be: `limit` says what could.
    case length(what: String, stated: UInt64, limit: String)
    /// A version that we do not know.
    case version(major: UInt16, minor: UInt16)
    /// A section header whose byte-order magic is wrong.
    case byteOrder(UInt32)
    /// A frame of an interface that no block has described.
    case unknownInterface(UInt32, known: Int)
    /// The two lengths of a block differ.
    case trailingLength(first: UInt32, last: UInt32)
    /// The file could not be read: what the system says.
    case input(String)
  }

  /// Octets from the start of the file.
  public let offset: UInt64
  public let fault: Fault

  @inline(never)
  public init(offset: UInt64, fault: Fault) {
    self.offset = offset
    self.fault = fault
  }
}

extension CaptureError: CustomStringConvertible {
  /// Place, what is wrong, and what that means for the person who wants the frames.
  public var description: String {
    switch fault {
    case .unknownFormat(let octets):
      "this is no capture file: it begins with \(hexadecimal(octets)); pcap begins with a1b2c3d4 or a1b23c4d"
        + " (in either byte order), pcapng with 0a0d0d0a"
    case .empty: "this is no capture file: it is empty"
    case .truncated(let what, let needed, let available):
      "the capture file is cut off at byte \(offset + UInt64(available)): \(what) at byte \(offset) needs"
        + " \(needed) octets, \(available) are there; the frames before it were read"
    case .length(let what, let stated, let limit):
      "\(what) at byte \(offset) says that it has \(stated) octets; \(limit)"
    case .version(let major, let minor):
      "the capture file at byte \(offset) is of version \(major).\(minor), which Lockstep does not read"
    case .byteOrder(let magic):
      "the section header at byte \(offset) has the byte-order magic \(hexadecimal(magic, digits: 8)); it ought to be"
        + " 0x1a2b3c4d in one byte order or the other"
    case .unknownInterface(let index, let known):
      "the packet block at byte \(offset) belongs to interface \(index), but its section describes only \(known)"
    case .trailingLength(let first, let last):
      "the block at byte \(offset) begins with the length \(first) and ends with the length \(last)"
    case .input(let message): "reading the capture file failed at byte \(offset): \(message)"
    }
  }
}
