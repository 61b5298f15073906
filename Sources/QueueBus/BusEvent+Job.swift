import BgdemoFoundations
package import Resque

extension BusEvent {
    /// The event of a job of queue-bus, whose only argument is a string of JSON.
    ///
    /// - Throws: ``QueueBusError`` with the code ``QueueBusError/Code/invalidEvent``.
    package init(workerJob job: Job) throws(QueueBusError) {
        guard let json = try? job.arguments.onlyString() else {
            throw QueueBusError(.invalidEvent, "a bus job has one argument, a string of JSON")
        }
        try self.init(json: json)
        failures = job.failures
        self.job = job
    }

    /// The event of a job of resque-bus: `[{attributes}]`, for a delayed event `[type, {attributes}]`, for a heartbeat `[]`.
    ///
    /// - Throws: ``QueueBusError`` with the code ``QueueBusError/Code/invalidEvent``.
    init(legacyJob job: Job) throws(QueueBusError) {
        let arguments = (try? JSONValue(job.arguments.json))?.elements ?? []
        guard let attributes = arguments.last else {
            self.init()
            return
        }
        try self.init(json: attributes.characters ?? Array(attributes.raw))
        failures = job.failures
        self.job = job
        if arguments.count == 2, let type = arguments[0].text { set("bus_event_type", type) }
    }
}
