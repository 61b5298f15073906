import NIOCore
import NIOPosix
import Testing

@testable import BgdemoBenchmarking

@Suite struct PortAllocatorTests {
    @Test("Concurrent calls return different ports outside the ephemeral range") func unique() async throws {
        let ports = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<200 { group.addTask { try await PortAllocator.free() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(ports).count == 200)
        // The ephemeral ports of Linux begin here, those of macOS above.
        #expect(ports.allSatisfy { (20_000..<32_768).contains($0) })
    }

    @Test("A port with a listener is skipped") func occupied() async throws {
        let next = try await PortAllocator.free() + 1
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let listener = try? await bootstrap.bind(host: "127.0.0.1", port: next).get()
        for _ in 0..<20 { #expect(try await PortAllocator.free() != next) }
        try await listener?.close()
    }
}
