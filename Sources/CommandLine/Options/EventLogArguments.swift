import BgdemoCore
import ArgumentParser
import Eventr
import Logging
import NIOPosix
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where the log is, and how to show it.
struct EventLogArguments: ParsableArguments {
    @Flag(help: "JSON instead of a table.")
    var json = false

    @Flag(help: "Redis is a Cluster: the keys carry hash tags (BGDEMO_CLUSTER=yes).")
    var cluster = false

    @OptionGroup(title: "Redis") var redis: RedisArguments

    func visit(_ body: (EventLog) async throws -> Void) async throws {
        try await connect { try await body(EventLog(redis: $0, options: $1)) }
    }

    func connect(_ body: (any RedisCommands, EventLogOptions) async throws -> Void) async throws {
        var options = EventLogOptions()
        options.isCluster = try EnvironmentVariables.process.flag("BGDEMO_CLUSTER") || cluster
        if let warning = redis.passwordWarning { CurrentProcess.printError("Warning: \(warning)") }
        let connector = try await RedisConnector.find(redis, .process, logger: .silent)
        options.isCluster = options.isCluster || connector.endpoint.url.isCluster
        defer { withExtendedLifetime(connector) {} }
        let group = MultiThreadedEventLoopGroup.singleton
        try await body(connector.endpoint.connect(isCluster: options.isCluster, group, logger: .silent), options)
    }

    func show(_ rows: some Encodable, asTable table: @autoclosure () -> Table) throws {
        try ResultOutput.show(rows, asJSON: json, table: table())
    }
}

/// A place in the log to begin at.
struct LogPositionArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "With the minute of this time, in UTC where it names no zone: 2026-11-23T15:00, 2026-11-23T15:00+01:00.",
            valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("With this partition: minutes since 1970.", valueName: "number"), transform: Int.parse)
    var partition: Int?

    @Flag(help: "With the oldest event there is.")
    var beginning = false

    @Flag(help: "With what is written from now on.")
    var end = false

    /// Nil where none is named.
    var start: EventLog.Start? {
        get throws {
            let named: [EventLog.Start?] = [
                try from.map { .time(try DateArgument.date($0)) }, partition.map { .partition($0) },
                beginning ? .beginning : nil,
                end ? .end : nil,
            ]
            let starts = named.compactMap { $0 }
            guard starts.count <= 1 else {
                throw ValidationError("--from, --partition, --beginning and --end exclude each other")
            }
            if let partition, partition < 0 { throw ValidationError("--partition is at least 0") }
            return starts.first
        }
    }
}
