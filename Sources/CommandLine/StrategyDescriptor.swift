import ArgumentParser
import BgdemoBenchmarking
import BgdemoEventr
import BgdemoFireAndForget
import BgdemoForeground
import BgdemoLocal
import BgdemoQueueBus
import BgdemoPubSub
import BgdemoResque
import ServiceLifecycle
import BgdemoCore

/// Every strategy there is. An eighth is a folder, its lines in Package.swift, and one descriptor here.
private let all = [
    StrategyDescriptor("foreground", "the request waits until the mail server has spoken", options: ["--answer-within"])
    {
        Foreground(sender: $0.sender, tracker: $0.tracker, answerWithin: $0.answerWithin)
    },
    StrategyDescriptor("fire-and-forget", "the request is answered at once, and nobody waits for the outcome") {
        FireAndForget(sender: $0.sender, tracker: $0.tracker)
    },
    StrategyDescriptor(
        "local", "a web server, a master and an email worker, three processes, hand the mail on by pipes",
        hasWorker: true, hasOriginal: true, options: ["--spool", "--dead-letters", "--workers"],
        master: { try await $0.localMaster() }
    ) { try Local($0) },
    StrategyDescriptor(
        "pubsub", "the web server publishes the mail on a channel of Redis, and whoever listens sends it",
        hasWorker: true, needsRedis: true, hasOriginal: true
    ) { try PubSub($0) },
    StrategyDescriptor(
        "resque", "the web server puts a job into a queue in Redis, and workers send the mail",
        hasWorker: true, needsRedis: true, hasOriginal: true
    ) { try await ResqueStrategy($0) },
    StrategyDescriptor(
        "eventr", "the web server writes down what has happened, and consumers choose what to do about it",
        hasWorker: true, needsRedis: true, hasOriginal: true, options: ["--audit"]
    ) { try await EventrStrategy($0) },
    StrategyDescriptor(
        "queuebus", "the web server says what happened, and everyone who subscribed has a copy in a queue of its own",
        hasWorker: true, needsRedis: true, options: ["--archive"]
    ) { try QueueBusStrategy($0) },
]

/// A strategy as the command line knows it.
struct StrategyDescriptor: Sendable {
    let name: String
    /// What it does, as the end of "…: it works like this".
    let summary: String
    /// Whether it has a worker half, which may be a process of its own.
    let hasWorker: Bool
    /// Whether it stands on a Redis.
    let needsRedis: Bool
    /// Whether the talk had another way of it, which `--semantics talk` shows.
    let hasOriginal: Bool
    /// The flags of `serve` that are its own.
    let options: Set<String>
    /// What runs for `--role all` where the halves are processes of their own, which it starts.
    let master: (@Sendable (ServiceAssembly) async throws -> any Service)?
    let make: @Sendable (StrategyContext) async throws -> any Strategy

    init(
        _ name: String, _ summary: String, hasWorker: Bool = false, needsRedis: Bool = false, hasOriginal: Bool = false,
        options: Set<String> = [],
        master: (@Sendable (ServiceAssembly) async throws -> any Service)? = nil,
        make: @escaping @Sendable (StrategyContext) async throws -> any Strategy
    ) {
        self.name = name
        self.summary = summary
        self.hasWorker = hasWorker
        self.needsRedis = needsRedis
        self.hasOriginal = hasOriginal
        self.options = options
        self.master = master
        self.make = make
    }
}

extension StrategyDescriptor {
    /// As it is measured, in each of these ways that it has.
    func subjects(_ semantics: [Semantics]) -> [BenchmarkSubject] {
        let deployment: BenchmarkSubject.Deployment =
            master != nil ? .supervised : hasWorker ? .separateWorker : .single
        guard hasOriginal else { return [BenchmarkSubject(name, deployment: deployment, needsRedis: needsRedis)] }
        return semantics.map {
            BenchmarkSubject(name, semantics: $0.rawValue, deployment: deployment, needsRedis: needsRedis)
        }
    }
}

/// The value of `--strategies`: names with commas between them.
struct StrategyNames: ExpressibleByArgument {
    let descriptors: [StrategyDescriptor]

    static let all = StrategyNames(descriptors: BgdemoCommandLine.all)

    init?(argument: String) {
        descriptors = argument.split(separator: ",").compactMap { StrategyName(argument: String($0))?.descriptor }
        guard !descriptors.isEmpty,
            descriptors.count == argument.split(separator: ",", omittingEmptySubsequences: false).count
        else { return nil }
    }

    private init(descriptors: [StrategyDescriptor]) {
        self.descriptors = descriptors
    }

    static var allValueStrings: [String] { StrategyName.allValueStrings }
    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// The value of `--strategy`.
struct StrategyName: ExpressibleByArgument {
    let descriptor: StrategyDescriptor

    init?(argument: String) {
        guard let descriptor = all.first(where: { $0.name == argument }) else { return nil }
        self.descriptor = descriptor
    }

    static var allValueStrings: [String] { all.map(\.name) }
    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// Which halves of a strategy a process is.
enum Role: String, Sendable, CaseIterable, ExpressibleByArgument {
    case all, server, worker

    var serves: Bool { self != .worker }
    var works: Bool { self != .server }
}
