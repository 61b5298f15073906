import ArgumentParser
import BgdemoCore

/// The options of `serve` for queuebus.
struct QueueBusOptions: StrategyOptions {
    static let title = "Strategy queuebus"

    @Option(
        help: ArgumentHelp(
            "A file that a second subscriber appends each event to (BGDEMO_ARCHIVE). Default: no such subscriber.",
            valueName: "file"),
        completion: .file())
    var archive: String?

    var givenFlags: [String] { Self.names(("--archive", archive != nil)) }

    func archive(_ environment: EnvironmentVariables) throws -> LineFile? {
        try environment.value(archive, "BGDEMO_ARCHIVE").map { try LineFile($0) }
    }
}
