import BgdemoTraceContext
import Tracing

/// A trace goes on in the job: `traceparent` and `tracestate` are members of it, where Ruby's OpenTelemetry writes and reads
/// them (opentelemetry-instrumentation-resque). They stay there while the job is delayed, retried or in `failed`.
extension Job {
    /// The same job with what it carries of a trace.
    func carrying(_ fields: TraceFields) -> Job { (try? Job(fields.added(to: bytes), from: queue)) ?? self }

    fileprivate var traceAttributes: [(String, String)] { [("messaging.resque.job_class", shownClass)] }
}

extension MessageTracer {
    convenience init?(_ tracer: (any Tracer)?) { self.init(tracer, system: "resque") }

    /// Pushes a job, as its `push` does.
    func push(_ job: Job, _ push: (Job) async throws(ResqueError) -> Void) async throws(ResqueError) {
        try await send(to: job.queue, job.traceAttributes) { (fields) async throws(ResqueError) in
            try await push(job.carrying(fields))
        }
    }

    /// The job as it is to be pushed, in one step with others or later.
    func created(_ job: Job) -> Job { job.carrying(create(for: job.queue, job.traceAttributes)) }

    /// The span of an attempt, which is linked with the last one's. The caller ends it.
    func startProcess(_ job: Job, _ fields: TraceFields, _ history: JobHistory) -> any Span {
        startProcess(
            from: job.queue, fields,
            job.traceAttributes + [
                ("messaging.message.id", job.identity), ("messaging.resque.attempt", "\(job.failures + 1)"),
            ], after: TraceFields(word: history.trace))
    }
}

extension Queue {
    /// The jobs as they are to be pushed in one step, or later.
    func traced(_ jobs: [Job]) -> [Job] {
        guard let tracing else { return jobs }
        return jobs.map(tracing.created)
    }
}
