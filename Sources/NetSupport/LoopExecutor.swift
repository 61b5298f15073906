package import NIOCore

/// An event loop as the executor that tasks prefer.
package final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    package init(_ loop: any EventLoop) {
        self.loop = loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute {
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }

    /// Runs an async operation on the loop, from its first instruction on and after every wait. Called from the loop
    /// it costs no hop, and an operation that does not wait is done when this returns.
    @inlinable
    package func run(_ operation: @escaping @Sendable () async -> Void) {
        if #available(macOS 26, *) {
            Task.immediate(executorPreference: self) { await operation() }
        } else {
            Task(executorPreference: self) { await operation() }
        }
    }
}
