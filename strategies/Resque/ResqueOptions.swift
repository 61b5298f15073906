public import ArgumentParser
import BgdemoCore
import BgdemoFoundations
public import Resque

/// The options of `serve` for resque.
struct ResqueOptions: StrategyOptions {
    static let title = "Strategy resque"

    @Option(
        help: """
            The queues that a worker takes jobs from, by priority, with commas; as in Ruby, high* and * are patterns, and \
            !low leaves a queue out (BGDEMO_QUEUES). A web server pushes to the first that is a name. \
            Default: emailQueue,slowQueue.
            """)
    var queues: String?

    @Option(
        help: """
            The class of the jobs that send mails, pushed and performed, plain or by ActiveJob (BGDEMO_JOB_CLASS). \
            A worker performs sendEmail and Rails' SendEmailJob as well. Default: sendEmail.
            """)
    var jobClass: String?

    @Option(
        help: """
            What happens to a job of a class that the worker does not know: failed, or leave, which puts it back at the end \
            of its queue for one that does (BGDEMO_ON_UNKNOWN_CLASS). Default: failed.
            """)
    var onUnknownClass: UnknownClassPolicy?

    @Option(
        help: ArgumentHelp(
            "The fewest jobs at a time; their number then follows the load (BGDEMO_MIN_PROCESSORS).",
            valueName: "number"), transform: Int.parse)
    var minProcessors: Int?

    @Option(
        help: ArgumentHelp(
            "The most jobs at a time; the talk's are 20 (BGDEMO_MAX_PROCESSORS). Default: --concurrency, always.",
            valueName: "number"), transform: Int.parse)
    var maxProcessors: Int?

    var givenFlags: [String] {
        Self.names(
            ("--queues", queues != nil), ("--job-class", jobClass != nil),
            ("--on-unknown-class", onUnknownClass != nil), ("--min-processors", minProcessors != nil),
            ("--max-processors", maxProcessors != nil))
    }

    func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws {
        _ = try processors(environment)
        _ = try queues(environment)
        _ = try onUnknownClass(environment)
        if try jobClass(environment) != nil, work.semantics == .original {
            throw ValidationError("--job-class cannot be combined with --semantics original")
        }
    }

    /// The entries of the list; nil for the default.
    func queues(_ environment: EnvironmentVariables) throws -> [String]? {
        guard let text = try environment.value(queues, "BGDEMO_QUEUES") else { return nil }
        let entries = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingBlanks() }
        guard entries.allSatisfy({ !$0.isEmpty && $0 != "!" }) else {
            throw ValidationError("--queues has an empty name: '\(text)'")
        }
        guard entries.contains(where: { !$0.hasBytePrefix("!") }) else {
            throw ValidationError("--queues only leaves queues out: add those to take jobs from, such as *")
        }
        return entries
    }

    func jobClass(_ environment: EnvironmentVariables) throws -> String? {
        try environment.value(jobClass, "BGDEMO_JOB_CLASS")
    }

    func onUnknownClass(_ environment: EnvironmentVariables) throws -> UnknownClassPolicy {
        try environment.value(onUnknownClass, "BGDEMO_ON_UNKNOWN_CLASS") ?? .failed
    }

    /// How many jobs are performed at a time, following the load; nil for as many as `--concurrency` says.
    func processors(_ environment: EnvironmentVariables) throws -> ClosedRange<Int>? {
        let fewest = try environment.value(minProcessors, "BGDEMO_MIN_PROCESSORS")
        let most = try environment.value(maxProcessors, "BGDEMO_MAX_PROCESSORS")
        guard fewest != nil || most != nil else { return nil }
        let (low, high) = (fewest ?? 1, most ?? max(fewest ?? 1, 20))
        guard low >= 1, low <= high else {
            throw ValidationError("--min-processors is at least 1, and --max-processors is not less than it")
        }
        return low...high
    }
}

extension UnknownClassPolicy: ExpressibleByArgument {}
