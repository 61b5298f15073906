// swift-tools-version:6.2
import PackageDescription

/// `BGDEMO_TLS=no swift build` leaves out TLS, for a first build in half the time: BoringSSL, which only `rediss://` and the
/// inbox' STARTTLS use, takes as long to compile as all else.
let hasTLS = Context.environment["BGDEMO_TLS"] != "no"

/// Every strategy, in the order of the talk.
let strategies: [Target] = [
    .strategy("Foreground", [.argumentParser]),
    .strategy("FireAndForget"),
    .strategy(
        "Local",
        ["NetSupport", "Original2016", "Pipes", "Spool", "SystemCompat", "TraceContext"]
            + [.argumentParser, .nio, .lifecycle, .signals, .collections, .metrics, .subprocess, .tracing],
        exclude: ["Pipes", "Spool"]),
    .strategy("PubSub", ["Original2016", "RedisClient", "TraceContext", .nio, .lifecycle, .metrics, .tracing]),
    .strategy(
        "Resque",
        ["Original2016", "RedisClient", "RedisWorkerSupport", "Resque", .argumentParser, .nio, .lifecycle, .metrics]),
    .strategy("Eventr", ["Original2016", "RedisClient", "Eventr", .argumentParser, .metrics]),
    .strategy(
        "QueueBus",
        ["RedisClient", "RedisWorkerSupport", "Resque", "QueueBus", .argumentParser, .nio, .lifecycle]),
]

let package = Package(
    name: "bgdemo",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "bgdemo", targets: ["bgdemo"]),
        .library(name: "Resque", targets: ["Resque", "RedisClient"]),
        .library(name: "QueueBus", targets: ["QueueBus", "Resque", "RedisClient"]),
        .library(name: "Eventr", targets: ["Eventr", "RedisClient"]),
        .library(name: "ResqueTesting", targets: ["ResqueTesting", "RedisTesting"]),
        .library(name: "QueueBusTesting", targets: ["QueueBusTesting", "ResqueTesting", "RedisTesting"]),
        .library(name: "EventrTesting", targets: ["EventrTesting", "RedisTesting"]),
    ],
    traits: [
        .trait(name: "Program", description: "The packages that only the program bgdemo needs, and no library."),
        .default(enabledTraits: ["Program"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ] + (hasTLS ? [.package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0")] : []),
    targets: [
        // C only: one Swift file each imports it.
        .systemLibrary(
            name: "BgdemoCCurl", path: "Sources/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(
            name: "BgdemoCHiredis", path: "Sources/CHiredis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        // The commit that --version prints, given by the Makefile.
        .target(
            name: "BgdemoCBuild", path: "Sources/CBuild",
            cSettings: Context.environment["BGDEMO_COMMIT"].map { [.define("BGDEMO_COMMIT", to: "\"\($0)\"")] } ?? []),

        // The base: no mail, no protocol.
        .module("SystemCompat", [.system]),
        .module("Foundations", [.collections]),
        .module("NetSupport", ["Foundations", "SystemCompat", .nio, .posix, .logging]),
        .module("TraceContext", ["Foundations", .tracing]),

        // Mail: what it is, how it is sent, how it is received.
        .module("Email", ["Foundations"]),
        .module("SMTPClient", ["Email", "Foundations", "SystemCompat", "CCurl", .logging, .collections]),
        .module(
            "SMTPInbox",
            ["Email", "Foundations", "NetSupport", "SystemCompat"]
                + [.nio, .posix, .ssl, .logging, .collections]),

        // HTTP: the protocol, then the routes that take a mail.
        .module(
            "HTTPServer",
            ["Foundations", "NetSupport", "SystemCompat", .nio, .posix, .logging, .metrics, .collections]),
        .module(
            "MailAPI",
            ["Core", "Email", "Foundations", "HTTPServer", "NetSupport", "TraceContext", .nio, .metrics, .tracing]),
        .module("Telemetry", ["Foundations", "SystemCompat", .coreMetrics, .logging, .metrics, .nio]),
        .module("OTLP", ["CCurl", "Foundations", "NetSupport", .posix, .logging, .metrics, .tracing]),

        // The libraries that other programs may use. Nothing of the demo is in them.
        .module(
            "RedisClient",
            ["CHiredis", "Foundations", "NetSupport", "SystemCompat", .nio, .posix, .ssl, .logging, .collections]),
        .module(
            "Resque",
            ["Foundations", "NetSupport", "RedisClient", "SystemCompat", "TraceContext"]
                + [.nio, .posix, .logging, .metrics, .lifecycle, .tracing]),
        .module("RubyRegex", ["Foundations"]),
        .module(
            "QueueBus",
            ["Foundations", "RedisClient", "Resque", "RubyRegex", "TraceContext", .logging, .metrics, .tracing]),
        .module(
            "Eventr",
            [
                "Foundations", "NetSupport", "RedisClient", "TraceContext", .nio, .logging, .metrics, .lifecycle,
                .tracing,
            ]),

        // A Redis in memory, for the tests of applications that use the libraries.
        .module("Lua", ["Foundations"]),
        .module("RedisTesting", ["Foundations", "Lua", "RedisClient", .collections]),
        .module("ResqueTesting", ["RedisTesting", "Resque", .logging, .tracing]),
        .module("EventrTesting", ["Eventr", "RedisTesting", .tracing]),
        .module("QueueBusTesting", ["QueueBus", "RedisTesting", "Resque", "ResqueTesting", .logging, .tracing]),

        // What the strategies share.
        .module(
            "Core", in: "strategies",
            ["Email", "Foundations", "RedisClient", "SystemCompat", "TraceContext"]
                + [.argumentParser, .nio, .collections, .lifecycle, .logging, .metrics, .tracing]),
        .module("RedisWorkerSupport", ["Core", "RedisClient", "Resque"]),
        .target(
            name: "BgdemoPipes",
            dependencies: .own(
                ["Core", "Email", "Foundations", "SystemCompat", "TraceContext"]
                    + [.nio, .posix, .collections, .lifecycle, .logging, .subprocess]),
            path: "strategies/Local/Pipes", swiftSettings: .strict),
        .target(
            name: "BgdemoSpool",
            dependencies: .own(["Core", "Email", "Foundations", "Pipes", "SystemCompat", .nio, .logging]),
            path: "strategies/Local/Spool", swiftSettings: .strict),
        // The code of 2016, for --semantics original.
        .strategy(
            "Original2016",
            ["Pipes", "RedisClient", "Resque", "Eventr", .nio, .lifecycle, .collections, .metrics]),

        // The pages for people. Their files are embedded in the program.
        .module(
            "Web",
            ["Eventr", "Foundations", "HTTPServer", "QueueBus", "Resque", "SMTPInbox"]
                + [.nio, .collections, .logging],
            resources: [.embedInCode("Assets"), .embedInCode("Templates")]),

        // The program.
        .module("PrivateRedis", ["Foundations", "RedisClient", "SystemCompat", .nio, .posix, .logging, .subprocess]),
        .module(
            "Benchmarking",
            ["Core", "Email", "Foundations", "NetSupport", "PrivateRedis", "RedisClient", "SMTPInbox", "SystemCompat"]
                + [.nio, .posix, .logging, .histogram, .subprocess]),
        .module(
            "Stage",
            [
                "Benchmarking", "Core", "Foundations", "HTTPServer", "NetSupport", "RedisClient", "SMTPInbox",
                "SystemCompat", "Web",
            ] + [.nio, .posix, .collections, .logging, .subprocess],
            resources: [.embedInCode("Assets")]),
        .module(
            "CommandLine",
            [
                "Benchmarking", "CBuild", "Core", "Email", "Eventr", "Foundations", "HTTPServer", "MailAPI",
                "NetSupport", "OTLP", "PrivateRedis", "QueueBus", "RedisClient", "Resque", "SMTPClient", "SMTPInbox",
                "Stage", "SystemCompat", "Telemetry", "Web",
            ] + [.argumentParser, .lifecycle, .signals, .nio, .posix, .logging, .coreMetrics, .subprocess, .tracing]),
        .executableTarget(
            name: "bgdemo",
            dependencies: .own(["CommandLine", "Core"]) + strategies.map { .target(name: $0.name) },
            swiftSettings: .strict,
            // Saves 6 to 8 MB of memory: no table of symbols that nothing looks up, packed relocations, and the functions that a
            // server runs at its start side by side.
            linkerSettings: [
                .unsafeFlags(
                    ["-use-ld=lld"]
                        + linker(
                            "--no-export-dynamic", "--icf=safe", "-z", "pack-relative-relocs",
                            "--no-warn-symbol-ordering",
                            "--symbol-ordering-file=\(Context.packageDirectory)/packaging/startup-order.txt"),
                    .when(platforms: [.linux], configuration: .release))
            ]),

        // The measured side of Benchmarks/*.py.
        .benchmark(
            "http", ["Core", "Email", "HTTPServer", "MailAPI", "NetSupport", .nio, .posix, .http1, .logging]),
        .benchmark("smtp-client", ["Email", "SMTPClient", .logging]),
        .benchmark("eventr", ["Eventr", "RedisClient", .posix, .logging]),
        .benchmark("queuebus", ["QueueBus", "RedisClient", "Resque", .posix, .lifecycle, .logging]),

        .target(
            name: "BgdemoTestSupport",
            dependencies: .own(
                ["Email", "Foundations", "RedisClient", "SystemCompat", .nio, .posix, .ssl, .logging, .subprocess]),
            path: "Tests/Support", swiftSettings: .strict),
        .tests("Foundations", []),
        .tests("Email", ["Foundations"]),
        .tests("SMTPClient", ["Email", "Foundations", "SMTPInbox", .nio, .ssl, .logging]),
        .tests("SMTPInbox", ["Email", "Foundations", "NetSupport", .nio, .posix, .ssl, .logging]),
        .tests("HTTPServer", ["Foundations", "NetSupport", .nio, .posix, .logging, .http1, .embedded]),
        .tests("MailAPI", ["Core", "Email", "Foundations", "HTTPServer", "NetSupport", .nio, .posix, .logging]),
        .tests(
            "Core",
            ["BgdemoFireAndForget", "BgdemoForeground", "Email", "Foundations", "Telemetry", .logging, .metrics]),
        .tests("RedisClient", ["Foundations", "PrivateRedis", .nio, .posix, .ssl, .logging, .subprocess]),
        .tests("Resque", ["Foundations", "NetSupport", "RedisClient", .nio, .posix, .logging, .subprocess]),
        .tests(
            "PubSub",
            ["Core", "Email", "Foundations", "Original2016", "RedisClient"]
                + [.nio, .posix, .logging, .lifecycle, .lifecycleTests]),
        .tests("Pipes", ["Core", "Email", "Foundations", "SystemCompat", .nio, .posix]),
        .tests("Spool", ["Core", "Email", "Foundations", "Pipes", "SystemCompat", .nio, .logging]),
        .tests(
            "Local",
            ["Core", "Email", "Foundations", "NetSupport", "Pipes", "SMTPInbox", "SystemCompat"]
                + [.nio, .posix, .logging, .subprocess]),
        .tests("RubyRegex", []),
        .tests("Lua", ["Foundations"]),
        .tests(
            "RedisTesting",
            ["Eventr", "EventrTesting", "Foundations", "QueueBus", "QueueBusTesting", "RedisClient", "Resque"]
                + ["ResqueTesting", .posix, .logging, .tracing, .inMemoryTracing]),
        .tests("QueueBus", ["Eventr", "Foundations", "RedisClient", "Resque", .nio, .posix, .logging, .lifecycle]),
        .tests(
            "Benchmarking",
            ["Core", "Email", "Foundations", "HTTPServer", "MailAPI", "NetSupport", "SMTPClient", "SMTPInbox"]
                + [.nio, .posix, .logging, .subprocess]),
        .tests(
            "Stage",
            ["Benchmarking", "Core", "Foundations", "HTTPServer", "SystemCompat"]
                + [.posix, .logging, .subprocess]),
        .tests(
            "Web",
            ["Email", "Eventr", "Foundations", "HTTPServer", "NetSupport", "QueueBus", "RedisClient", "Resque"]
                + ["SMTPInbox"]
                + [.nio, .posix, .logging, .subprocess]),
        .tests(
            "Eventr", ["Foundations", "NetSupport", "Original2016", "RedisClient", .nio, .posix, .logging, .subprocess]),
        // The imports that Package.swift must not have.
        .testTarget(name: "PackageTests", dependencies: [.subprocess], swiftSettings: .strict),
        // Compiles and runs every piece of Swift in the documentation.
        .testTarget(
            name: "DocsTests",
            dependencies: .own(
                ["Core", "Email", "Eventr", "QueueBus", "RedisClient", "Resque", "TestSupport"]
                    + [
                        "EventrTesting", "QueueBusTesting", "ResqueTesting", "bgdemo", "CommandLine", .posix, .logging,
                        .lifecycle, .signals, .tracing, .inMemoryTracing,
                    ]),
            swiftSettings: .strict),
        .executableTarget(
            name: "bgdemo-eighth-strategy",
            dependencies: .own(["BgdemoForeground", "CommandLine", "Core", "Email", .argumentParser]),
            path: "Tests/EighthStrategy", swiftSettings: .strict),
        .testTarget(
            name: "BgdemoTests",
            dependencies: .own(
                ["Core", "Email", "Foundations", "HTTPServer", "RedisClient", "SMTPInbox", "SystemCompat"]
                    + ["TestSupport", "bgdemo", "bgdemo-eighth-strategy", "CommandLine"]
                    + [.argumentParser, .nio, .posix, .ssl, .logging, .subprocess]),
            swiftSettings: .strict),
    ] + strategies
)

// Set by `make fuzz`. The targets of libFuzzer have a build of their own, in which every module is instrumented.
if Context.environment["BGDEMO_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "bgdemo-fuzz",
            dependencies: .own(
                ["Benchmarking", "Email", "Eventr", "Foundations", "HTTPServer", "Pipes", "QueueBus"]
                    + [
                        "RedisClient", "Resque", "RubyRegex", "SMTPClient", "SMTPInbox", "Spool", "SystemCompat",
                        "TraceContext",
                    ]
                    + ["BgdemoLocal", "BgdemoPubSub", .nio]),
            path: "Fuzz/Targets", swiftSettings: .strict))
}

// MARK: - Names and settings

/// Products have their folder's name. Other targets have a prefix, since target names are unique among all packages of an
/// application, which may have an `Email` or a `Core` of its own.
func targetName(_ folder: String) -> String {
    let plain = ["Resque", "Eventr", "QueueBus", "RedisClient", "bgdemo", "bgdemo-eighth-strategy"]
    return plain.contains(folder) || folder.hasSuffix("Testing") || folder.hasPrefix("Bgdemo")
        ? folder : "Bgdemo" + folder
}

extension [SwiftSetting] {
    /// Swift 6, every warning an error, every unsafe construct marked.
    static var strict: [SwiftSetting] {
        (hasTLS ? [] : [.define("WITHOUT_TLS")]) + [
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

extension [Target.Dependency] {
    /// Folders' names stand for this package's targets.
    static func own(_ dependencies: [Target.Dependency]) -> [Target.Dependency] {
        dependencies.compactMap {
            switch $0 {
            case .byNameItem(let folder, let condition): .byNameItem(name: targetName(folder), condition: condition)
            case .productItem("NIOSSL", _, _, _) where !hasTLS: nil
            default: $0
            }
        }
    }
}

extension Target {
    static func module(
        _ folder: String, in parent: String = "Sources", _ dependencies: [Dependency] = [],
        resources: [Resource]? = nil
    ) -> Target {
        .target(
            name: targetName(folder), dependencies: .own(dependencies), path: "\(parent)/\(folder)",
            resources: resources, swiftSettings: .strict)
    }

    static func strategy(_ folder: String, _ dependencies: [Dependency] = [], exclude: [String] = []) -> Target {
        .target(
            name: "Bgdemo" + folder, dependencies: .own(["Core", "Email", "Foundations", .logging] + dependencies),
            path: "strategies/\(folder)", exclude: ["README.md"] + exclude, swiftSettings: .strict)
    }

    static func benchmark(_ folder: String, _ dependencies: [Dependency]) -> Target {
        .executableTarget(
            name: "bgdemo-\(folder)-bench", dependencies: .own(dependencies), path: "Benchmarks/\(folder)",
            swiftSettings: .strict)
    }

    /// The tests of a module, in the folder that has its name.
    static func tests(_ folder: String, _ dependencies: [Dependency]) -> Target {
        .testTarget(
            name: "\(folder)Tests", dependencies: .own([.init(stringLiteral: folder), "TestSupport"] + dependencies),
            swiftSettings: .strict)
    }
}

extension Target.Dependency {
    static var argumentParser: Self { .ofProgram("ArgumentParser", "swift-argument-parser") }
    static var collections: Self { .product(name: "DequeModule", package: "swift-collections") }
    static var histogram: Self { .ofProgram("Histogram", "hdrhistogram-swift") }
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
    static var tracing: Self { .product(name: "Tracing", package: "swift-distributed-tracing") }
    static var inMemoryTracing: Self { .product(name: "InMemoryTracing", package: "swift-distributed-tracing") }
    static var subprocess: Self { .ofProgram("Subprocess", "swift-subprocess") }

    /// Not resolved for an application that uses a library and leaves the trait out (`traits: []`).
    static func ofProgram(_ name: String, _ package: String) -> Self {
        .product(name: name, package: package, condition: .when(traits: ["Program"]))
    }
}
