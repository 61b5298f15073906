// swift-tools-version:6.2
import PackageDescription

let package = Package(
    name: "bgdemo",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "bgdemo", targets: ["bgdemo"]),
        .library(name: "Resque", targets: ["Resque", "Redis"]),
        .library(name: "QueueBus", targets: ["QueueBus", "Resque", "Redis"]),
        .library(name: "Eventr", targets: ["Eventr", "Redis"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: [
        // C and nothing but C: each is touched by exactly one Swift file.
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        // What --version says of the commit, which the Makefile tells.
        .target(
            name: "CBuild",
            cSettings: Context.environment["BGDEMO_COMMIT"].map { [.define("BGDEMO_COMMIT", to: "\"\($0)\"")] } ?? []),

        // The system's calls, by whatever name a platform has for them.
        .room("Platform", [.system]),

        // What an e-mail is, how it travels, how it is caught.
        .room("Mail"),
        .room("SMTP", ["Mail", "Platform", "CCurl", .logging, .collections]),
        .room("Inbox", ["Mail", "Platform", "HTTP", .nio, .posix, .ssl, .logging, .collections]),

        // The request that asks for it, and what all strategies stand on.
        .room("Strategy", ["Mail", "Platform", .nio, .collections, .logging, .metrics]),
        .room("HTTP", ["Mail", "Platform", "Strategy", .nio, .posix, .logging, .metrics, .collections]),
        .room("Telemetry", ["Mail", "Platform", .coreMetrics, .logging, .metrics, .nio]),

        // What local messages stand on: processes that talk over pipes, and mails that outlive them.
        .room("Pipes", ["Mail", "Platform", "Strategy", .nio, .posix, .collections, .subprocess]),
        .room("Spool", ["Mail", "Platform", "Pipes", .nio, .logging]),

        // What the remote strategies share with other programs, in any language.
        .room("Redis", ["Platform", "CHiredis", .nio, .posix, .ssl, .logging, .collections, .subprocess]),
        .room("Resque", ["Redis", "Platform", .nio, .posix, .logging, .metrics, .lifecycle]),
        .room("QueueBus", ["Redis", "Resque", .logging, .metrics]),
        .room("Eventr", ["Redis", .nio, .logging, .metrics, .lifecycle]),

        // What the strategies on it share with each other.
        .room("Remote", ["Redis", "Strategy"]),

        // The strategies, as the talk tells them.
        .strategy("Foreground", "foreground"),
        .strategy("FireAndForget", "fire-and-forget"),
        .strategy(
            "Local", "local",
            ["HTTP", "Pipes", "Platform", "Spool", .nio, .lifecycle, .signals, .collections, .metrics, .subprocess]),
        .strategy("PubSub", "pubsub", ["Redis", "Remote", .nio, .lifecycle, .metrics]),
        .strategy("EventBus", "eventr", ["Redis", "Remote", "Eventr", .metrics]),
        .strategy("ResqueQueue", "resque", ["Redis", "Remote", "Resque", .nio, .lifecycle, .metrics]),
        .strategy("MailBus", "queuebus", ["Redis", "Remote", "Resque", "QueueBus", .nio, .lifecycle]),

        // All of them under one load, and under the same faults.
        .room("Compare", ["Mail", "Platform", "Inbox", "Redis", .nio, .posix, .logging, .histogram, .subprocess]),

        // The command line.
        .executableTarget(
            name: "bgdemo",
            dependencies: [
                "Mail", "SMTP", "Inbox", "Strategy", "HTTP", "Telemetry", "Redis", "Resque",
                "Foreground", "FireAndForget", "Local", "PubSub", "ResqueQueue", "Eventr", "EventBus", "MailBus",
                "QueueBus", "Compare", "Pipes", "Platform", "Spool", "CBuild",
                .argumentParser, .lifecycle, .signals, .nio, .posix, .logging, .coreMetrics, .subprocess,
            ],
            swiftSettings: .houseRules,
            // Smaller in memory, by 2 to 4 MB: no table of symbols that nobody looks up, and relocations packed.
            linkerSettings: [
                .unsafeFlags(
                    ["-use-ld=lld"] + linker("--no-export-dynamic", "--icf=safe", "-z", "pack-relative-relocs"),
                    .when(platforms: [.linux], configuration: .release))
            ]),

        // Measured against a plain C loop by Benchmarks/smtp.py.
        .executableTarget(
            name: "eventr-bench", dependencies: ["Eventr", "Redis", .posix, .logging], path: "Benchmarks/eventr",
            swiftSettings: .houseRules),
        .executableTarget(
            name: "queuebus-bench", dependencies: ["QueueBus", "Redis", "Resque", .posix, .lifecycle, .logging],
            path: "Benchmarks/queuebus", swiftSettings: .houseRules),
        .executableTarget(
            name: "courier-bench", dependencies: ["Mail", "SMTP", .logging], path: "Benchmarks/courier",
            swiftSettings: .houseRules),

        .target(
            name: "Support", dependencies: ["Mail", "Platform", .nio, .posix, .ssl, .logging, .subprocess],
            path: "Tests/Support",
            swiftSettings: .houseRules),
        .tests("MailTests", ["Mail", "Support"]),
        .tests("SMTPTests", ["SMTP", "Mail", "Inbox", "Support", .ssl, .logging]),
        .tests("InboxTests", ["Inbox", "HTTP", "Mail", "Support", .nio, .posix, .ssl, .logging]),
        .tests("HTTPTests", ["HTTP", "Strategy", "Mail", "Support", .nio, .posix, .logging, .http1, .embedded]),
        .tests(
            "StrategyTests",
            ["Strategy", "Mail", "Foreground", "FireAndForget", "Telemetry", "Support", .logging, .metrics]),
        .tests("RedisTests", ["Redis", "Support", .nio, .posix, .ssl, .logging, .subprocess]),
        .tests("ResqueTests", ["Resque", "Redis", "Support", .nio, .posix, .logging, .subprocess]),
        .tests(
            "PubSubTests",
            ["PubSub", "Redis", "Strategy", "Mail", "Support", .nio, .posix, .logging, .lifecycle, .lifecycleTests]),
        .tests("PipesTests", ["Pipes", "Mail", .nio]),
        .tests("SpoolTests", ["Spool", "Pipes", "Platform", "Mail", "Support", .nio, .logging]),
        .tests(
            "LocalTests",
            ["Local", "Pipes", "Platform", "Strategy", "Mail", "Inbox", "Support", .nio, .posix, .logging, .subprocess]),
        .tests("QueueBusTests", ["QueueBus", "Redis", "Resque", "Support", .nio, .posix, .logging, .lifecycle]),
        .tests(
            "CompareTests",
            ["Compare", "HTTP", "Inbox", "Mail", "SMTP", "Strategy", "Support", .nio, .posix, .logging, .subprocess]),
        .tests("EventrTests", ["Eventr", "Redis", "Support", .nio, .posix, .logging, .subprocess]),
        // Every piece of Swift in the documentation, compiled and run.
        .tests(
            "DocsTests",
            [
                "Resque", "QueueBus", "Eventr", "Redis", "bgdemo", "Strategy", "Mail", "Support", .posix, .logging,
                .lifecycle, .signals,
            ]),
        .tests(
            "BgdemoTests",
            ["bgdemo", "Inbox", "Mail", "Redis", "Support", .argumentParser, .nio, .posix, .logging, .subprocess]),
    ]
)

// MARK: - The house's own words

extension [SwiftSetting] {
    /// Swift 6, every warning an error, and every unsafe construct marked where it stands.
    static var houseRules: [SwiftSetting] {
        [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .strictMemorySafety(),
            .treatAllWarnings(as: .error),
        ]
    }
}

func linker(_ flags: String...) -> [String] { flags.flatMap { ["-Xlinker", $0] } }

extension Target {
    static func room(_ name: String, _ dependencies: [Dependency] = []) -> Target {
        .target(name: name, dependencies: dependencies, swiftSettings: .houseRules)
    }

    static func strategy(_ name: String, _ folder: String, _ dependencies: [Dependency] = []) -> Target {
        .target(
            name: name, dependencies: ["Mail", "Strategy", .logging] + dependencies, path: "strategies/\(folder)",
            exclude: ["README.md"], swiftSettings: .houseRules)
    }

    static func tests(_ name: String, _ dependencies: [Dependency]) -> Target {
        .testTarget(name: name, dependencies: dependencies, swiftSettings: .houseRules)
    }
}

extension Target.Dependency {
    static var argumentParser: Self { .product(name: "ArgumentParser", package: "swift-argument-parser") }
    static var collections: Self { .product(name: "DequeModule", package: "swift-collections") }
    static var histogram: Self { .product(name: "Histogram", package: "hdrhistogram-swift") }
    static var logging: Self { .product(name: "Logging", package: "swift-log") }
    static var metrics: Self { .product(name: "Metrics", package: "swift-metrics") }
    static var coreMetrics: Self { .product(name: "CoreMetrics", package: "swift-metrics") }
    static var nio: Self { .product(name: "NIOCore", package: "swift-nio") }
    static var posix: Self { .product(name: "NIOPosix", package: "swift-nio") }
    static var http1: Self { .product(name: "NIOHTTP1", package: "swift-nio") }
    static var embedded: Self { .product(name: "NIOEmbedded", package: "swift-nio") }
    static var ssl: Self { .product(name: "NIOSSL", package: "swift-nio-ssl") }
    static var lifecycle: Self { .product(name: "ServiceLifecycle", package: "swift-service-lifecycle") }
    static var signals: Self { .product(name: "UnixSignals", package: "swift-service-lifecycle") }
    static var system: Self { .product(name: "SystemPackage", package: "swift-system") }
    static var lifecycleTests: Self {
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle")
    }
    static var subprocess: Self { .product(name: "Subprocess", package: "swift-subprocess") }
}
