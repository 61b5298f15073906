import BgdemoFoundations
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A worker's id, `<host>~<mark>:<pid>+<number>:<queues>`.
///
/// It splits at `:` as Ruby and node split it; a process has many workers, numbered as those of node's MultiWorker are.
/// The mark, drawn by each process, makes ids unique where two containers have one host name and their own pid 1. And it
/// keeps the host part from being the name of the host: a Ruby worker that boots takes every id with its own host name
/// for dead whose pid is not among the Ruby workers it sees there.
struct WorkerID: Sendable, CustomStringConvertible {
    /// `<host>~<mark>:<pid>`: what the ids of a process begin with.
    static let process: String = {
        let info = ProcessInfo.processInfo
        let host = info.hostName.filter { $0 != ":" && !$0.isWhitespace }
        let mark = String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
        return "\(host)~\(mark):\(info.processIdentifier)"
    }()

    private static let count = Atomic(0)

    /// `<host>~<mark>:<pid>+<number>`, node's name for a worker.
    let name: String
    /// The whole id.
    let description: String

    /// A new worker's id.
    init(queues: [String]) {
        name = "\(Self.process)+\(Self.count.wrappingAdd(1, ordering: .relaxed).newValue)"
        description = "\(name):\(queues.joined(separator: ","))"
    }

    /// The id of a registered worker, of any program.
    init(_ id: String) {
        let parts = id.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        name = parts.prefix(2).map { String(Substring($0)) }.joined(separator: ":")
        description = id
    }

    /// Its queues, joined by commas.
    var queues: Substring { Substring(description.utf8.dropFirst(name.utf8.count + 1)) }

    /// What its process is called, where it is one of ours.
    var process: Substring { Substring(name.utf8.prefix { $0 != UInt8(ascii: "+") }) }
}

extension WorkerID: Hashable {
    /// By bytes: another program may have chosen them.
    static func == (one: WorkerID, other: WorkerID) -> Bool { one.description.hasSameBytes(as: other.description) }

    func hash(into hasher: inout Hasher) { hasher.combine(ByteString(description)) }
}
