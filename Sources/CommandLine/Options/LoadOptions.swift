import BgdemoCore
public import ArgumentParser
public import BgdemoBenchmarking
import BgdemoSMTPInbox
import BgdemoSystemCompat

/// How much is asked for, and of which mail server.
struct LoadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Requests a second, each sent when its time has come. Default: 100.", valueName: "number"),
        transform: Double.parse)
    var rate: Double?

    @Option(
        help: ArgumentHelp(
            "Instead of a rate: connections that each ask again as soon as they are answered. One load, no schedule.",
            valueName: "number"), transform: Int.parse)
    var concurrency: Int?

    @Option(
        help: ArgumentHelp("How long each is loaded. Default: 10s, with --quick 3s.", valueName: "time"),
        transform: Duration.parse)
    var duration: Duration?

    @Option(help: "poisson, as of many people who know nothing of each other, or even. Default: poisson.")
    var arrivals: Load.Arrivals?

    @Option(
        help: ArgumentHelp(
            "How long the mail server takes for a mail: 2s, 100ms..2s, exp:250ms. Default: 250ms.", valueName: "time"),
        transform: ReplyDelay.parse)
    var smtpDelay: ReplyDelay?

    @Option(
        help: ArgumentHelp(
            "This share of the mails, 0 to 1, is refused for now (451) at each attempt. Default: 0.", valueName: "share"
        ), transform: Double.parse)
    var smtpFailRate: Double?

    @Option(
        help: ArgumentHelp(
            "Where all chance comes from: ids, recipients, times, refusals. Default: 1.", valueName: "number"),
        transform: UInt64.parse)
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "The port of the mail server, for a --target that is to send its mails there. Default: any.",
            valueName: "port"), transform: Int.parse)
    var inboxPort: Int?

    @Option(
        help: ArgumentHelp(
            "The round trip time to Redis, added by a proxy: 1ms, or with jitter 1ms..3ms. Default: none.",
            valueName: "time"),
        transform: ReplyDelay.parse)
    var redisLatency: ReplyDelay?

    @Option(
        help: ArgumentHelp(
            "The round trip time to the mail server, added by a proxy: 5ms, 2ms..9ms. Default: none.",
            valueName: "time"),
        transform: ReplyDelay.parse)
    var smtpLatency: ReplyDelay?

    @Option(
        help: ArgumentHelp(
            "The proxies cut each connection at a random moment, after this time on average: 5s. Default: never.",
            valueName: "time"),
        transform: Duration.parse)
    var cutEvery: Duration?

    @Option(
        help: ArgumentHelp(
            "How often each is measured, in turns; the report shows the ranges. Default: 1.", valueName: "number"),
        transform: Int.parse)
    var runs: Int?

    @Flag(help: "Less of everything.")
    var quick = false

    func benchmark() throws -> Benchmark {
        guard (1...10).contains(runs ?? 1) else { throw ValidationError("--runs is 1 to 10") }
        var benchmark = Benchmark(program: CurrentExecutable.path, load: try load(), inbox: try inbox())
        benchmark.inboxPort = inboxPort ?? 0
        (benchmark.redisNetwork, benchmark.smtpNetwork) = (try network(redisLatency), try network(smtpLatency))
        guard (0...65_535).contains(benchmark.inboxPort) else { throw ValidationError("a port is from 0 to 65535") }
        // What was refused is tried again after a second, then two, then four.
        if smtpFailRate ?? 0 > 0 { benchmark.quietPeriod.quiet += .seconds(15) }
        return benchmark
    }

    private func network(_ latency: ReplyDelay?) throws -> NetworkConditions {
        var network = NetworkConditions()
        (network.roundTrip, network.cutEvery, network.seed) = (latency ?? .none, cutEvery, seed ?? 1)
        guard network.roundTrip.mean <= .seconds(10) else { throw ValidationError("a latency is 0 to 10s") }
        guard cutEvery ?? .seconds(1) >= .milliseconds(100) else {
            throw ValidationError("--cut-every is 100ms or more; with less no connection is of use")
        }
        return network
    }

    private func load() throws -> Load {
        let seconds = (duration ?? (quick ? .seconds(3) : .seconds(10))) / .seconds(1)
        guard seconds > 0 else { throw ValidationError("--duration is more than 0") }
        var load: Load
        switch (rate, concurrency) {
        case (nil, let concurrency?):
            guard (1...10_000).contains(concurrency) else { throw ValidationError("--concurrency is 1 to 10000") }
            load = Load(.closed(concurrency: concurrency), seconds: seconds, seed: seed ?? 1)
        case (let rate, nil):
            try Self.check(rate ?? 100, seconds: seconds, "--rate")
            load = Load(.open(rate: rate ?? 100), seconds: seconds, seed: seed ?? 1)
        case (_?, _?): throw ValidationError("--rate is an open loop, --concurrency a closed one: choose")
        }
        load.arrivals = arrivals ?? .poisson
        return load
    }

    static func check(_ rate: Double, seconds: Double, _ flag: String) throws {
        guard rate > 0, rate * seconds <= 5_000_000 else {
            throw ValidationError("\(flag) is more than 0, and at most 5,000,000 requests in all")
        }
    }

    private func inbox() throws -> InboxSettings {
        var inbox = InboxSettings()
        inbox.delay = smtpDelay ?? .fixed(.milliseconds(250))
        inbox.seed = seed ?? 1
        guard (0...1).contains(smtpFailRate ?? 0) else { throw ValidationError("--smtp-fail-rate is from 0 to 1") }
        if let share = smtpFailRate, share > 0 { inbox.faults = [InboxFault(.dot, .reply(451), probability: share)] }
        return inbox
    }
}

extension Load.Arrivals: ExpressibleByArgument {}
