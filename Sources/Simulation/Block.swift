#if canImport(Glibc)
  import Glibc
#endif

/// Memory for a fixed number of plain values, owned by one holder; every access is checked against the number.
///
/// An array asks before each write whether it is shared. The calendar writes a dozen times an event and its owner has asked
/// already, so it stands on blocks instead.
@safe
struct Block<Element: BitwiseCopyable>: ~Copyable {
  private let base: UnsafeMutablePointer<Element>
  let count: Int

  init(repeating element: Element, count: Int) {
    unsafe base = .allocateLarge(count)
    self.count = count
    unsafe base.initialize(repeating: element, count: count)
  }

  deinit { unsafe base.deallocate() }

  subscript(index: Int) -> Element {
    @inline(__always)
    get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "a block was read past its end")
      return unsafe base[index]
    }
    @inline(__always)
    nonmutating set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "a block was written past its end")
      unsafe base[index] = newValue
    }
  }

  /// A block of its own with the same values, and `padding` behind them where it is longer.
  borrowing func copy(count newCount: Int, padding: Element) -> Block {
    let copy = Block(repeating: padding, count: newCount)
    unsafe copy.base.update(from: base, count: min(count, newCount))
    return copy
  }

  /// Sorts the first `count` values; they are few or nearly sorted more often than not.
  borrowing func sort(first count: Int, by areInOrder: (Element, Element) -> Bool) {
    precondition(count <= self.count, "a block was sorted past its end")
    var buffer = unsafe UnsafeMutableBufferPointer(start: base, count: count)
    unsafe buffer.sort(by: areInOrder)
  }
}

/// One owner at a time holds the memory, and hands it on with the block itself.
extension Block: @unchecked Sendable where Element: Sendable {}

extension UnsafeMutablePointer {
  /// Memory for `count` values, in huge pages where it is large and the system has them: with a million events the search for
  /// small pages takes longer than the work.
  static func allocateLarge(_ count: Int) -> UnsafeMutablePointer {
    #if canImport(Glibc)
      let page = 1 << 21
      let size = (count * MemoryLayout<Pointee>.stride + page - 1) & ~(page - 1)
      if size >= 2 * page {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: page)
        unsafe madvise(memory, size, MADV_HUGEPAGE)
        return unsafe memory.bindMemory(to: Pointee.self, capacity: count)
      }
    #endif
    return .allocate(capacity: count)
  }
}
