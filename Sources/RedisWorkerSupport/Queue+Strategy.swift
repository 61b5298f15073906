package import BgdemoCore
package import Resque

/// What the strategies whose mails are jobs of Resque say of their queue.
extension Queue {
    /// Who leads the schedulers, and what is overdue.
    package func schedulerStatus() async throws(AcceptError) -> SchedulerStatus {
        do {
            let scheduling = try await scheduling()
            return SchedulerStatus(
                hasLeader: scheduling.leader != nil || scheduling.rubyLeader != nil, overdue: scheduling.overdue,
                delay: scheduling.delay)
        } catch {
            throw AcceptError(error.underlyingError ?? error)
        }
    }
}

extension WorkerSignals {
    /// The signals of the workers that have this control.
    package init(_ control: WorkerControl) {
        self.init(
            pause: control.pause, resume: control.resume, cancelJobs: { control.cancelJobs() },
            isPaused: { control.isPaused })
    }
}
