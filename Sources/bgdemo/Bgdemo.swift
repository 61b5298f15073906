import ArgumentParser

@main
struct Bgdemo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bgdemo",
        abstract:
            "Sends an e-mail from an HTTP request, by one of the ways of the talk \"Background Tasks in Node.js\".",
        discussion: """
            bgdemo serve --strategy foreground
            curl http://127.0.0.1:8080/you@example.org/hello/how%20are%20you
            """,
        version: "bgdemo \(version)",
        subcommands: [
            ServeCommand.self, InboxCommand.self, EnqueueCommand.self, QueuesCommand.self, EventsCommand.self,
            BusCommand.self, CompareCommand.self, BenchCommand.self, DoctorCommand.self,
        ])

    static let version = "0.1.0"

    static func main() async {
        Process.openStandardFiles()
        await main(nil)
    }
}
