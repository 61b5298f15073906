import ArgumentParser
import BgdemoBenchmarking
import BgdemoCore
import BgdemoFoundations
import BgdemoHTTPServer
import CoreMetrics
import Logging
import NIOPosix
import BgdemoSMTPInbox
import BgdemoStage
import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The talk, live.
struct StageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stage",
        abstract: "Shows the talk, live: all strategies side by side as real processes, and what becomes of each mail.",
        discussion: """
            All lanes have one Redis and one mail server of their own. Keys send mails, kill processes and break the mail \
            server; Space goes on in the talk. Ctrl-C leaves no process and no file.

              bgdemo stage
              bgdemo stage --lanes resque,pubsub-talk
              bgdemo stage --play --record talk.ndjson
            """)

    @Option(help: "Which lanes, with commas between them; NAME-talk is as the code of 2016. Default: all strategies.")
    var lanes: String?

    @Option(help: "A script of steps as JSON, instead of the talk's.")
    var acts: String?

    @Flag(help: "Goes through all steps without a key, and ends.")
    var play = false

    @Option(help: "Writes every event to this file, a line of JSON each.")
    var record: String?

    @Option(help: "Plays such a file as a page, instead of starting anything.")
    var replay: String?

    @Option(help: "With --replay: writes the page to this file, which plays by itself, and ends.")
    var export: String?

    @Flag(
        inversion: .prefixedNo,
        help: """
            The lanes as text in this terminal, 80×24, with the same keys. The page is there as well. Default: in a terminal \
            of a machine without a display.
            """)
    var tui: Bool?

    @Option(
        help: "The port of the page on 127.0.0.1, 0 for any. Default: 8090, or any where that is taken.",
        transform: Int.parse)
    var port: Int?

    @Option(help: "How long the mail server takes for a mail: 2s, 100ms..2s, exp:250ms. Default: 400ms.")
    var smtpDelay: ReplyDelay?

    @Option(help: "Where all chance comes from. Default: 1.", transform: UInt64.parse)
    var seed: UInt64?

    func run() async throws {
        guard (0...65_535).contains(port ?? 0) else { throw ValidationError("a port is from 0 to 65535") }
        CurrentProcess.prepare()
        let stop = StopFlag()
        if let replay { return try await self.replay(replay, stop) }
        guard export == nil else { throw ValidationError("--export goes with --replay") }
        let settings = try settings()
        try await runUntilStopped(stop) {
            do {
                try await Stage.open(settings) { stage in try await show(stage, stop) }
            } catch  where stop.isSet {}
        }
    }

    /// Whether the lanes are shown in the terminal: as it is said, or where no browser can be on this machine.
    private var showsText: Bool {
        if let tui { return tui }
        #if os(macOS)
            let hasDisplay = ProcessInfo.processInfo.environment["SSH_CONNECTION"] == nil
        #else
            let names = ["DISPLAY", "WAYLAND_DISPLAY"]
            let hasDisplay = names.contains { ProcessInfo.processInfo.environment[$0]?.isEmpty == false }
        #endif
        return !play && !hasDisplay && isatty(0) == 1 && isatty(1) == 1
    }

    private func settings() throws -> Stage.Settings {
        let plans = try LanePlan.plans(lanes)
        var settings = Stage.Settings(program: CurrentExecutable.path, lanes: plans, script: try script(plans))
        settings.seed = seed ?? settings.script.seed ?? 1
        settings.smtpDelay = smtpDelay ?? settings.smtpDelay
        settings.record = record
        return settings
    }

    private func show(_ stage: Stage, _ stop: StopFlag) async throws {
        let server = try await serve(StagePages(stage))
        if !showsText { print("bgdemo stage · page http://127.0.0.1:\(server.port)/ · Ctrl-C ends it") }
        fflush(nil)
        let result: Result<Void, any Error>
        do { result = .success(try await run(stage, "http://127.0.0.1:\(server.port)/", stop)) } catch {
            result = .failure(error)
        }
        await server.drain(within: .zero)
        try result.get()
    }

    private func run(_ stage: Stage, _ url: String, _ stop: StopFlag) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await stop.wait() }
            if play { group.addTask { try await stage.play() } } else { try await stage.act(.next) }
            if showsText { group.addTask { try await TerminalStage(stage, url: url).run() } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func replay(_ path: String, _ stop: StopFlag) async throws {
        let page = try StageExport.page(ofRecord: path)
        if let export {
            do { return try Data(page.utf8).write(to: URL(filePath: export)) } catch {
                throw ValidationError("--export \(export) cannot be written: \(error)")
            }
        }
        // Its script and style are within.
        let server = try await serve(PageHandler { _ in HTTPResponse(.ok, .html, page) })
        print("bgdemo stage · replay http://127.0.0.1:\(server.port)/ · Ctrl-C ends it")
        fflush(nil)
        await runUntilStopped(stop) { await stop.wait() }
        await server.drain(within: .zero)
    }

    /// Hands kill processes: only this machine has them.
    private func serve(_ pages: any HTTPHandler) async throws -> HTTPServer {
        let handler = RequestGuard(pages, hosts: HostCheck(listeningOn: "127.0.0.1"))
        func start(_ port: Int) async throws -> HTTPServer {
            try await HTTPServer.start(
                host: "127.0.0.1", port: port, metrics: NOOPMetricsHandler.instance,
                group: MultiThreadedEventLoopGroup.singleton, logger: .silent, handler: handler)
        }
        if let port { return try await start(port) }
        do { return try await start(8090) } catch { return try await start(0) }
    }

    private func script(_ plans: [LanePlan]) throws -> Script {
        guard let acts else { return .talk(plans) }
        do throws(StageError) {
            let script = try Script(file: acts)
            try script.check(plans.map(\.name))
            return script
        } catch {
            throw ValidationError("--acts \(acts): \(error)")
        }
    }
}

extension LanePlan {
    /// - Parameter names: With commas between them; nil for every strategy.
    fileprivate static func plans(_ names: String?) throws -> [LanePlan] {
        guard let names else { return Bgdemo.strategies.flatMap { lanes(of: $0, .safe) } }
        let plans = try names.split(separator: ",", omittingEmptySubsequences: false).flatMap { word in
            let isOriginal = word.hasSuffix("-talk") && StrategyName(argument: String(word)) == nil
            let name = isOriginal ? String(word.dropLast(5)) : String(word)
            guard let descriptor = StrategyName(argument: name)?.descriptor, !isOriginal || descriptor.hasOriginal
            else {
                throw ValidationError("--lanes: there is no \(printable(String(word)))")
            }
            return lanes(of: descriptor, isOriginal ? .original : .safe)
        }
        guard Set(plans.map(\.name)).count == plans.count, plans.count <= 9 else {
            throw ValidationError("--lanes: each once, at most nine")
        }
        return plans
    }

    private static func lanes(of descriptor: StrategyDescriptor, _ semantics: Semantics) -> [LanePlan] {
        descriptor.subjects([semantics]).map { subject in
            LanePlan(
                name: semantics == .original ? "\(descriptor.name)-talk" : descriptor.name,
                summary: descriptor.summary, subject: subject, notes: descriptor.notes)
        }
    }
}
