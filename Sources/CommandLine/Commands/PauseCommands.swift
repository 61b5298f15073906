import ArgumentParser
import Resque

extension QueuesCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Pauses a queue, or all workers; those of Ruby too.",
            discussion: """
                  bgdemo queues pause emailQueue
                  bgdemo queues pause
                """)

        @Argument(help: "The queue. Default: all workers.")
        var name: String?

        @OptionGroup var queues: QueueOptions

        func run() async throws {
            try await queues.visit { try await $0.pause(name, true) }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Ends a pause of a queue, or of all workers.",
            discussion: """
                  bgdemo queues resume emailQueue
                  bgdemo queues resume
                """)

        @Argument(help: "The queue. Default: all workers.")
        var name: String?

        @OptionGroup var queues: QueueOptions

        func run() async throws {
            try await queues.visit { try await $0.pause(name, false) }
        }
    }
}

extension Queue {
    fileprivate func pause(_ name: String?, _ isPaused: Bool) async throws(ResqueError) {
        if let name { try await pause(queue: name, isPaused) } else { try await pause(isPaused) }
    }
}
