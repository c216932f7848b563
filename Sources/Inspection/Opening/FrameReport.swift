import Wire

/// What was found out about a protected part.
public enum Verdict: String, Hashable, Sendable {
  /// It was opened, and is what whoever holds the key made; see ``Protection/isAuthenticated``.
  case ok
  /// There is a key, and the part does not go with it: it was changed, forged, or the key is the wrong one.
  case bad
  /// It could not be looked into: no key, or one for an algorithm that Lockstep does not have.
  case noKey
}

/// What is known about one protected layer.
public struct Protection: Hashable, Sendable {
  /// `nil` where nothing can be said: the part is a fragment, was cut off, or is quoted by ICMP.
  public var verdict: Verdict?
  /// The verdict in words; empty where it says it all.
  public var reason: String
  /// Whether an ICV that was verified stands behind the verdict. An encrypted part without one only looks right.
  public var isAuthenticated: Bool
  /// The line of the key file that was used, `esp_sa:3`.
  public var origin: String?
  /// The buffer that came out of the part, where it was opened.
  public var opened: Int?
  /// Fields of the layer that lie in that buffer: ESP's trailer, ISAKMP's payloads.
  public var openedFields: [FieldNode]
  /// What the ICV was computed over, where the inspector was asked for it.
  public var check: IntegrityCheck?

  public init(
    verdict: Verdict?, reason: String = "", isAuthenticated: Bool = false, origin: String? = nil, opened: Int? = nil,
    openedFields: [FieldNode] = [], check: IntegrityCheck? = nil
  ) {
    self.verdict = verdict
    self.reason = reason
    self.isAuthenticated = isAuthenticated
    self.origin = origin
    self.opened = opened
    self.openedFields = openedFields
    self.check = check
  }
}

/// One layer of a frame, in the buffer that it lies in.
public struct LayerReport: Hashable, Sendable {
  /// Kind, place, fields and fault; every range counts from the start of the buffer.
  public var node: LayerNode
  /// Which of the report's buffers.
  public var buffer: Int
  /// For a protected layer, what was found out about it.
  public var protection: Protection?
  /// Whether it came out of a part whose verdict is `bad`: shown, but nobody vouches for it.
  public var isUntrusted: Bool

  public init(node: LayerNode, buffer: Int, protection: Protection? = nil, isUntrusted: Bool = false) {
    self.node = node
    self.buffer = buffer
    self.protection = protection
    self.isUntrusted = isUntrusted
  }
}

/// Octets that layers lie in, and where they come from.
public struct ReportBuffer: Hashable, Sendable {
  /// Where octets come from.
  public enum Origin: Hashable, Sendable {
    /// The frame as it was captured.
    case frame
    /// A datagram put together from fragments, of which this frame brought the last; the numbers of all frames.
    case reassembled(frames: [Int])
    /// What a cipher gave: the index of the layer that it protected.
    case decrypted(layer: Int)
    /// What IPComp had packed: the index of its layer.
    case unpacked(layer: Int)
  }

  /// The octets; the ranges of the layers in the buffer count from their start.
  public var bytes: [UInt8]
  /// Where they come from.
  public var origin: Origin

  public init(bytes: [UInt8], origin: Origin) {
    self.bytes = bytes
    self.origin = origin
  }
}

/// All that can be said about one frame.
public struct FrameReport: Hashable, Sendable {
  /// Counts from 1.
  public var number: Int
  /// Nanoseconds since 1970, or since the run began; `nil` where the capture has no time.
  public var nanoseconds: Int64?
  /// Octets on the link.
  public var length: Int
  /// Where it was captured, where that has a name.
  public var interface: String?
  /// What the capture file says about the frame.
  public var comments: [String]
  /// The frame itself, then what came out of it.
  public var buffers: [ReportBuffer]
  /// From the outermost to the innermost, through all buffers; link trailers behind what they trail.
  public var layers: [LayerReport]

  public init(
    number: Int, nanoseconds: Int64? = nil, length: Int, interface: String? = nil, comments: [String] = [],
    buffers: [ReportBuffer] = [], layers: [LayerReport] = []
  ) {
    self.number = number
    self.nanoseconds = nanoseconds
    self.length = length
    self.interface = interface
    self.comments = comments
    self.buffers = buffers
    self.layers = layers
  }

  /// Octets that were captured.
  public var capturedLength: Int { buffers.first?.bytes.count ?? 0 }
}
