import BgdemoFoundations
import Metrics

/// The metrics of the scheduler of a process.
struct SchedulerMetrics: Sendable {
    private let leads = Gauge(label: "resque_scheduler_leads")
    private let overdue = Gauge(label: "resque_delayed_overdue")
    private let delay = Gauge(label: "resque_delayed_overdue_seconds")

    func record(_ scheduling: Queue.Scheduling, isLeader: Bool) {
        leads.record(isLeader ? 1 : 0)
        overdue.record(scheduling.overdue)
        delay.record(scheduling.delay / .seconds(1))
    }
}
