import BgdemoFoundations
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A worker's id, `<host>~<mark>:<pid>+<number>:<queues>`.
///
/// Ruby and node split it at `:`. A process has many workers, numbered as with node's MultiWorker. The random mark makes
/// ids unique where two containers have one host name and a pid 1 each. It also keeps the host part from being the host's
/// name: a Ruby worker that starts prunes every id with its own host name whose pid is no Ruby worker's.
struct WorkerID: Sendable, CustomStringConvertible {
    /// `<host>~<mark>:<pid>`: what the ids of a process begin with.
    static let process: String = {
        let info = ProcessInfo.processInfo
        let host = info.hostName.filter { $0 != ":" && !$0.isWhitespace }
        let mark = String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
        return "\(host)~\(mark):\(info.processIdentifier)"
    }()

    private static let count = Atomic(0)

    /// The number of the newest worker of this process; the first has 1.
    static var newestNumber: Int { count.load(ordering: .relaxed) }

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

    /// The name of its process, for a worker of this library.
    var process: Substring { Substring(name.utf8.prefix { $0 != UInt8(ascii: "+") }) }
}

extension WorkerID: Hashable {
    /// By bytes: another program may have chosen them.
    static func == (one: WorkerID, other: WorkerID) -> Bool { one.description.hasSameBytes(as: other.description) }

    func hash(into hasher: inout Hasher) { hasher.combine(ByteString(description)) }
}
