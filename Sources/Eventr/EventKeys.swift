/// The names of the keys: the talk's, and those that only this library uses.
///
/// On a Redis Cluster all keys of a script must be in one slot. The number of the partition, or the name of the consumer, is
/// then a hash tag: the keys of one partition are on one node, and the partitions are spread over the nodes.
struct EventKeys: Sendable {
    /// The namespace and a colon.
    let prefix: String
    let isTagged: Bool

    init(_ options: EventLogOptions) {
        prefix = options.namespace + ":"
        isTagged = options.isCluster
    }

    // MARK: The talk's

    /// Sorted set: the numbers of the partitions; each is its own score.
    var partitions: String { prefix + "partitions" }
    /// List: the events of one partition, the oldest first.
    func partition(_ number: Int) -> String { prefix + "partitions:" + tag("\(number)") }
    /// Hash: consumer → the index in the partition of the first event that it has not acknowledged.
    func counters(_ number: Int) -> String { prefix + "counters:" + tag("\(number)") }
    /// Hash: consumer → the newest partition that it has taken events from. A consumer in it is registered.
    var clientPartitions: String { prefix + "client_partitions" }

    // MARK: Ours

    /// Hash: `head` → the index of the first event that no process has taken; a lease's token → its first event, the
    /// end of its events, when it ends (in milliseconds) and how many processes have died with it. Absent without leases.
    func leases(_ number: Int, _ consumer: String) -> String { prefix + "leases:" + tag("\(number)") + ":" + consumer }
    /// String: a consumer waits for the next event of this partition.
    func waiting(_ number: Int) -> String { prefix + "waiting:" + tag("\(number)") }
    /// String: the partition of the event with this id, and its index once it is written; expires.
    func id(_ id: String) -> String { prefix + "id:" + tag(id) }
    /// Hash: id → the index of its event in the partition; expires.
    func ids(_ number: Int) -> String { prefix + "ids:" + tag("\(number)") }
    /// Channel: the number of a partition that was written to.
    var written: String { prefix + "written" }
    /// Hash: consumer → the first partition that it wants, and when that was decided; absent: all partitions.
    var starts: String { prefix + "starts" }
    /// Hash: partition → how many events were deleted that the consumer had not read.
    func gaps(_ consumer: String) -> String { prefix + "gaps:" + tag(consumer) }
    /// Sorted set: `<partition>:<index>:<failures>:<handler>`, scored by the millisecond at which it is due.
    func retries(_ consumer: String) -> String { prefix + "retries:" + tag(consumer) }
    /// List: the events that a handler of the consumer has given up (JSON), the newest last.
    func dead(_ consumer: String) -> String { prefix + "dead:" + tag(consumer) }

    private func tag(_ text: String) -> String { isTagged ? "{\(text)}" : text }
}
