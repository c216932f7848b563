import Foundation
import Journal
import JournalSamples
import Recording

// What tests of the recording need another process for:
//   recording-helper record PATH ENTRIES BATCHES   records a sample journal and kills itself when so many batches were taken
//   recording-helper open PATH create|readWrite|readOnly   opens the file as an unprivileged user and prints what happened
let arguments = CommandLine.arguments

func record(_ path: String, _ entries: UInt64, _ batches: Int) throws {
  let store = try Store.open(path: path, mode: .create)
  let journal = SampleJournal(seed: 7, entries: entries)
  let recorder = try store.record(journal.description, createdAt: 0)
  var taken = 0
  let digest = try journal.write { batch in
    try recorder.append(batch)
    taken += 1
    if taken == batches { kill(ProcessInfo.processInfo.processIdentifier, SIGKILL) }
  }
  try recorder.finish(digest)
}

func open(_ path: String, _ mode: Store.Mode) {
  if geteuid() == 0 {
    setgid(65_534)
    setuid(65_534)
  }
  do {
    let runs = try Store.open(path: path, mode: mode).runs()
    print("\(runs.count) runs")
  } catch {
    print(error)
  }
}

switch arguments.dropFirst().first {
case "record": try record(arguments[2], UInt64(arguments[3]) ?? 0, Int(arguments[4]) ?? 0)
case "open":
  open(arguments[2], arguments[3] == "create" ? .create : arguments[3] == "readOnly" ? .readOnly : .readWrite)
default: exit(2)
}
