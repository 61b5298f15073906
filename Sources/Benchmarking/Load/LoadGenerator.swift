import NIOCore
import NIOPosix

/// Sends the requests of a load on an event loop of its own and records the answers.
struct LoadGenerator: Sendable {
    let load: Load
    let target: Target
    let recorder: DeliveryRecorder
    let stop: StopFlag

    /// The time to open the first connections, in nanoseconds, before the load begins.
    static let lead = Int64(100_000_000)

    /// Returns when every request is answered or given up; early if stopped or cancelled.
    ///
    /// - Returns: The time of the last answer, by the system's clock.
    /// - Throws: The error of an event loop that cannot be shut down.
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
