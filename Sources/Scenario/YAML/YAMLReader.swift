import Dispatch
import Foundation
import Synchronization
import Yams

/// Reads one YAML document out of a text that may be hostile.
///
/// Yams resolves aliases while it composes, sharing what they name, so a text of a few lines can stand for a tree without end.
/// What keeps that harmless: ``AliasGuard`` bounds the number of anchors and refuses aliases inside of keys (which Yams would
/// hash), libyaml bounds the nesting that is written out at 1,000, composing happens on a thread whose stack holds the
/// product of the two, and the walk that copies the tree stops at bounds of its own.
enum YAMLReader {
  /// Lists and mappings within one another.
  static let depthLimit = 32
  /// Nodes with their aliases expanded: enough for 100,000 simulated nodes.
  static let nodeLimit = 1_000_000
  static let stackSize = 256 << 20

  static func read(_ source: SourceText) -> Result<YAMLNode, YAMLFault> {
    if let (place, scalar) = source.firstUnprintable() { return .failure(.unprintable(scalar, at: place)) }
    if let fault = AliasGuard.check(source) { return .failure(fault) }
    return onDeepStack { compose(source) }
  }

  private static func compose(_ source: SourceText) -> Result<YAMLNode, YAMLFault> {
    do {
      guard let root = try Parser(yaml: source.text, encoding: .utf8).singleRoot() else {
        return .failure(.empty)
      }
      var walk = Walk()
      return .success(try walk.copy(root, depth: 0))
    } catch let fault as YAMLFault {
      return .failure(fault)
    } catch let error as YamlError {
      return .failure(YAMLFault(error, in: source))
    } catch {
      return .failure(.unreadable("it cannot be read as YAML", at: .start))
    }
  }

  private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private static func onDeepStack(
    _ work: @escaping @Sendable () -> Result<YAMLNode, YAMLFault>
  ) -> Result<YAMLNode, YAMLFault> {
    let box = Box<Result<YAMLNode, YAMLFault>>()
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      let result = work()
      box.value.withLock { $0 = result }
      done.signal()
    }
    thread.stackSize = stackSize
    thread.start()
    done.wait()
    return box.value.withLock { $0 } ?? .failure(.unreadable("it cannot be read as YAML", at: .start))
  }
}

/// Copies Yams' tree, with places and within bounds.
private struct Walk {
  private var count = 0

  mutating func copy(_ node: Node, depth: Int) throws(YAMLFault) -> YAMLNode {
    let place = node.mark.map { SourcePlace(line: $0.line, column: $0.column) } ?? .start
    count += 1
    guard count <= YAMLReader.nodeLimit else { throw .tooManyNodes(at: place) }
    guard depth <= YAMLReader.depthLimit else { throw .tooDeep(at: place) }
    switch node {
    case .scalar(let scalar):
      return YAMLNode(place: place, content: .scalar(try text(of: scalar, at: place), isPlain: scalar.style == .plain))
    case .sequence(let sequence):
      var elements: [YAMLNode] = []
      for element in sequence { elements.append(try copy(element, depth: depth + 1)) }
      return YAMLNode(place: place, content: .sequence(elements))
    case .mapping(let mapping):
      return YAMLNode(place: place, content: .mapping(try entries(of: mapping, depth: depth)))
    case .alias:
      throw .unreadable("an alias stands here that names nothing", at: place)
    }
  }

  private mutating func entries(of mapping: Node.Mapping, depth: Int) throws(YAMLFault) -> [YAMLEntry] {
    var entries: [YAMLEntry] = []
    for (key, value) in mapping {
      let place = key.mark.map { SourcePlace(line: $0.line, column: $0.column) } ?? .start
      guard case .scalar(let scalar) = key else { throw .complexKey(at: place) }
      if scalar.string == "<<", scalar.style == .plain { throw .mergeKey(at: place) }
      let name = try text(of: scalar, at: place)
      entries.append(YAMLEntry(key: name, keyPlace: place, value: try copy(value, depth: depth + 1)))
    }
    return entries
  }

  /// A quoted scalar can spell what the file itself may not hold.
  private func text(of scalar: Node.Scalar, at place: SourcePlace) throws(YAMLFault) -> String {
    for character in scalar.string.unicodeScalars where !isPrintable(character) && character != "\n" {
      if character != "\t" { throw .unprintable(character, at: place) }
    }
    return scalar.string
  }
}
