/// What is remembered of one job beside its bytes, which stay as they are: `<identity>,<failures>,<strikes>`.
///
/// It is kept with the turn of the worker that has the job, and by the digest of the bytes while the job is back in
/// a queue. Of two jobs with the same bytes either may get it: they can't be told apart, and each gets its own.
struct JobHistory: Sendable, Hashable {
    /// The turn in which the job was first reserved.
    var identity: String
    /// How often it has failed and was retried.
    var failures = 0
    /// How many workers have died while they performed it.
    var crashCount = 0

    /// What `<turn>` or `<turn> <memory>` says; a job that is reserved for the first time gets its identity by it.
    init(ofReservation text: String, by id: WorkerID) {
        let words = text.split(separator: " ")
        let parts = words.last?.split(separator: ",") ?? []
        if words.count == 2, parts.count == 3, let failures = Int(parts[1]), let crashCount = Int(parts[2]) {
            // Whatever is there, one more is a number, too.
            let counts = 0...1_000_000
            identity = String(parts[0])
            self.failures = min(max(failures, counts.lowerBound), counts.upperBound)
            self.crashCount = min(max(crashCount, counts.lowerBound), counts.upperBound)
        } else {
            identity = "\(id.name).\(words.first ?? "")"
        }
    }

    var text: String { "\(identity),\(failures),\(crashCount)" }
}
