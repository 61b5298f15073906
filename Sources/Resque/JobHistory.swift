/// The history of one job, kept beside its bytes: `<identity>,<failures>,<crashes>`, and
/// `,<outages>` where there were any, `,<outages>,<trace>` where its last attempt was traced.
///
/// It is kept with the reservation of the worker that has the job, and under the job's class and arguments while the job
/// is in a queue. Of two equal jobs either may get it, and each gets one.
struct JobHistory: Sendable {
    private enum Identity {
        /// The reservation is the first: its name is made when somebody asks for it, which happens for few jobs.
        case first(worker: String, number: Int)
        case known(String)
    }

    private let name: Identity
    /// Names the first reservation of the job.
    var identity: String {
        switch name {
        case .first(let worker, let number): "\(worker).\(number)"
        case .known(let name): name
        }
    }

    /// How often it has failed and was retried.
    var failures = 0
    /// How many workers died while they performed it.
    var crashCount = 0
    /// How often it was put off without fault of its own, since it last failed.
    var outages = 0
    /// The span of its last attempt that failed, as a word; see `TraceFields`. Empty for none.
    var trace = ""

    /// Of a job that is reserved for the first time: it is named after its reservation.
    init(ofFirstReservation number: Int, by id: WorkerID) {
        name = .first(worker: id.name, number: number)
    }

    /// From `<reservation>` or `<reservation> <history>`.
    init(ofReservation text: String, by id: WorkerID) {
        let words = text.utf8.split(separator: UInt8(ascii: " ")).map { Substring($0) }
        let parts = words.last?.utf8.split(separator: UInt8(ascii: ",")).map { Substring($0) } ?? []
        if words.count == 2, (3...5).contains(parts.count), let failures = Int(parts[1]),
            let crashCount = Int(parts[2]), let outages = parts.count == 3 ? 0 : Int(parts[3])
        {
            // One more must be a number, too, whatever is in Redis.
            let counts = 0...1_000_000
            name = .known(String(parts[0]))
            if parts.count == 5, parts[4].utf8.count <= 256 { trace = String(parts[4]) }
            self.failures = min(max(failures, counts.lowerBound), counts.upperBound)
            self.crashCount = min(max(crashCount, counts.lowerBound), counts.upperBound)
            self.outages = min(max(outages, counts.lowerBound), counts.upperBound)
        } else {
            name = .known("\(id.name).\(words.first ?? "")")
        }
    }

    var text: String {
        let counts = "\(identity),\(failures),\(crashCount)"
        guard trace.isEmpty else { return "\(counts),\(outages),\(trace)" }
        return outages > 0 ? "\(counts),\(outages)" : counts
    }
}
