import Foundation
import GRDB
import Journal
import JournalSamples
import Recording
import Testing

/// A folder of a test's own, gone when the test is done.
final class Workspace: Sendable {
  let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String = "runs.sqlite") -> String { folder + "/" + name }

  func open(_ mode: Store.Mode = .create) throws -> Store { try Store.open(path: path(), mode: mode) }

  /// Records a sample journal, and closes the file.
  @discardableResult
  func record(_ journal: SampleJournal, changing: (EntryID) -> Event? = { _ in nil }) throws -> RunSummary {
    let store = try open()
    defer { try? store.close() }
    return try record(journal, in: store, changing: changing)
  }

  @discardableResult
  func record(
    _ journal: SampleJournal, in store: Store, changing: (EntryID) -> Event? = { _ in nil }
  ) throws -> RunSummary {
    let recorder = try store.record(journal.description, createdAt: 1_234)
    let digest = try journal.write(to: { try recorder.append($0) }, changing: changing)
    return try recorder.finish(digest)
  }

  /// Runs SQL on the file behind Lockstep's back.
  func execute(_ sql: String, on name: String = "runs.sqlite") throws {
    let queue = try DatabaseQueue(path: path(name))
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()
  }

  func write(_ octets: [UInt8], _ name: String = "runs.sqlite") throws {
    try Data(octets).write(to: URL(fileURLWithPath: path(name)))
  }

  func read(_ name: String = "runs.sqlite") throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// The text of the error that opening the file ends with, the folder left out of it.
  func refusal(_ mode: Store.Mode, _ name: String = "runs.sqlite") -> String? {
    do {
      _ = try Store.open(path: path(name), mode: mode).runs()
      return nil
    } catch {
      return text(error)
    }
  }

  func text(_ error: any Error) -> String { "\(error)".replacingOccurrences(of: folder + "/", with: "") }

  /// The text of the error that `body` ends with.
  func refusal(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return text(error)
    }
  }
}

/// Every entry and packet of a sample journal, as they were appended.
struct Appended {
  var entries: [Entry] = []
  var packets: [PacketRecord] = []
  var digest = JournalDigest.empty

  init(_ journal: SampleJournal) throws {
    var entries: [Entry] = []
    var packets: [PacketRecord] = []
    digest = try journal.write { batch in
      for stored in batch.entries { entries.append(try batch.entry(stored)) }
      for stored in batch.packets {
        packets.append(
          PacketRecord(
            id: stored.id, creator: stored.creator, parents: stored.parents, bytes: Array(batch.bodies[stored.bytes])))
      }
    }
    self.entries = entries
    self.packets = packets
  }
}
