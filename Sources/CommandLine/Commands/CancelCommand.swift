import ArgumentParser
import BgdemoFoundations
import Resque

extension QueuesCommand {
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "Cancels a job that a worker performs; it goes to failed.",
            discussion: """
                A job that does not look whether it is cancelled goes on to its end.

                  bgdemo queues workers
                  bgdemo queues cancel shop~1f2e3d4c:4711+1.42
                """)

        @Argument(help: "The job's id, as queues workers shows it.")
        var id: String

        @OptionGroup var queues: QueueOptions

        func run() async throws {
            try await queues.visit { queue in
                guard try await queue.cancel(id) else {
                    throw ValidationError(
                        "no worker performs the job \(printable(id, limit: 200)): bgdemo queues workers shows their jobs"
                    )
                }
                ResultOutput.say("the job is being cancelled")
            }
        }
    }
}
