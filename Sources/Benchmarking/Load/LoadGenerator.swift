import NIOCore
import NIOPosix

/// Sends the requests of a load, on an event loop of its own, and writes down what became of each.
struct LoadGenerator: Sendable {
    let load: Load
    let target: Target
    let recorder: DeliveryRecorder
    let stop: StopFlag

    /// Before the first request may be due: the time to open the first connections.
    static let lead = Int64(100_000_000)

    /// Returns when every request was answered or given up; early where it is told to stop, or its task is cancelled.
    ///
    /// - Returns: The time then.
    /// - Throws: What kept the event loop from being started or ended.
    func run() async throws -> Int64 {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let end = loop.makePromise(of: Void.self)
        let box = NIOLoopBoundBox.makeBoxSendingValue(LoadScheduler?.none, eventLoop: loop)
        loop.execute { [self] in
            let scheduler = LoadScheduler(self, on: loop, end: end)
            box.value = scheduler
            scheduler.start()
        }
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await withTaskCancellationHandler {
                    try await end.futureResult.get()
                } onCancel: {
                    loop.execute { box.value?.giveUp() }
                })
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        try result.get()
        return recorder.lastAnswer
    }
}
