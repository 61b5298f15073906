// swift-tools-version:6.2
import PackageDescription

let package = Package(
    name: "signup",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://example.org/bgdemo", from: "0.1.0", traits: []),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // What both programs share: the job, and who enqueues it.
        .target(
            name: "Signup",
            dependencies: [
                .product(name: "Resque", package: "bgdemo"), .product(name: "Hummingbird", package: "hummingbird"),
            ]),
        .executableTarget(
            name: "SignupServer",
            dependencies: [
                "Signup", .product(name: "Resque", package: "bgdemo"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "SignupWorker",
            dependencies: [
                "Signup", .product(name: "Resque", package: "bgdemo"), .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "SignupTests",
            dependencies: [
                "Signup", .product(name: "Resque", package: "bgdemo"),
                .product(name: "ResqueTesting", package: "bgdemo"),
            ]),
    ]
)
