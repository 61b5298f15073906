import ArgumentParser
import BgdemoCore
import BgdemoFoundations
import Resque

/// Puts jobs into a Resque queue, as Ruby and node would.
struct EnqueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue",
        abstract: "Puts jobs into a Resque queue.",
        discussion: """
            Each further word is an argument of the job, as JSON; one that is an array is all arguments. \(Duration.formsSentence)

              bgdemo enqueue sendEmail '{"to":"me@example.org","subject":"s","text":"t"}'
              bgdemo enqueue slowSleepJob --count 500
              bgdemo enqueue slowCPUJob 2000 --in 3s
            """)

    @Argument(help: "The job's class: sendEmail, slowSleepJob, slowCPUJob, or what another program can perform.")
    var name: String

    @Argument(help: "Its arguments, as JSON.")
    var arguments: [String] = []

    @Option(
        help: ArgumentHelp(
            "The queue. Default: emailQueue for sendEmail, slowQueue for the slow jobs; for others it is needed.",
            valueName: "name"))
    var queue: String?

    @Option(help: ArgumentHelp("Only after this time, such as 3s.", valueName: "time"), transform: Duration.parse)
    var `in`: Duration?

    @Option(help: ArgumentHelp("How many of them. Default: 1.", valueName: "number"))
    var count = 1

    @OptionGroup(title: "Keys") var keys: NamespaceOptions
    @OptionGroup(title: "Redis") var redis: RedisArguments

    func validate() throws {
        guard count >= 1 else { throw ValidationError("--count is at least 1") }
        guard !name.isEmpty else {
            throw ValidationError("the class is empty; it is the job's name, such as sendEmail")
        }
    }

    func run() async throws {
        let job = try job()
        try await redis.visit(keys) { redis, namespace in
            let queue = Queue(redis: redis, namespace: namespace)
            if let delay = self.in {
                for _ in 0..<count { try await queue.enqueueIn(delay, job) }
                ResultOutput.say("\(count) × \(name) for \(job.queue) in \(delay)")
            } else {
                try await queue.enqueue(job, count: count)
                ResultOutput.say(
                    "\(count) × \(name) in \(job.queue), which has \(try await queue.length(of: job.queue).counted("job")) now"
                )
            }
        }
    }

    private func job() throws -> Job {
        guard let queue = queue ?? Self.queues[name.prefix(1).lowercased() + name.dropFirst()], !queue.isEmpty else {
            throw ValidationError("no queue is known for \(name); name one: --queue default")
        }
        let isWhole = arguments.count == 1 && arguments[0].first { !$0.isWhitespace } == "["
        let json = isWhole ? arguments[0] : "[\(arguments.joined(separator: ","))]"
        do {
            return Job(name, try JobArguments(json: json), queue: queue)
        } catch {
            throw ValidationError("\(error); a string needs its quotes: '\"text\"'")
        }
    }

    private static let queues = [
        "sendEmail": "emailQueue", "slowSleepJob": "slowQueue", "slowCPUJob": "slowQueue",
    ]
}
