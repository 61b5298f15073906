import BgdemoHTTPServer
import Logging
import NIOCore
import NIOPosix
import BgdemoTestSupport
import Synchronization

/// Answers with what it understood of the request.
struct Echo: HTTPHandler {
    func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(.ok, .text, "\(request.method) \(request.target) \(String(buffer: request.body))")
    }
}

/// Answers every request with the same bytes.
struct FixedResponse: HTTPHandler {
    let bytes: [UInt8]

    func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(.ok, .text, .bytes(bytes)) }
}

/// Keeps each request waiting until the test lets it go by its target.
final class HoldingHandler: HTTPHandler {
    private struct State {
        var waiting: [String: CheckedContinuation<Void, Never>] = [:]
        var arrivals: [String: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        await withCheckedContinuation { continuation in
            let arrival = state.withLock { state in
                state.waiting[request.target] = continuation
                return state.arrivals.removeValue(forKey: request.target)
            }
            arrival?.resume()
        }
        return HTTPResponse(.ok, .text, request.target)
    }

    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Returns when the request for `target` is in the handler's hands.
    func arrival(_ target: String) async {
        await withCheckedContinuation { continuation in
            let isHere = state.withLock { state in
                guard state.waiting[target] == nil else { return true }
                state.arrivals[target] = continuation
                return false
            }
            if isHere { continuation.resume() }
        }
    }

    func release(_ target: String) {
        state.withLock { $0.waiting.removeValue(forKey: target) }?.resume()
    }

    func releaseAll() {
        let all = state.withLock { state in
            defer { state.waiting.removeAll() }
            return Array(state.waiting.values)
        }
        for continuation in all { continuation.resume() }
    }
}

/// Runs `body` with a server on a port of its own, and sees that no connection is left when it is drained.
func withServer<Value>(
    _ handler: any HTTPHandler, limits: HTTPLimits = HTTPLimits(), _ body: (HTTPServer) async throws -> Value
) async throws -> Value {
    let server = try await HTTPServer.start(
        host: "127.0.0.1", port: 0, limits: limits, group: MultiThreadedEventLoopGroup.singleton,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, handler: handler)
    do {
        let value = try await body(server)
        await server.drain(within: .seconds(5))
        guard server.openConnections == 0 else { throw Leak(connections: server.openConnections) }
        return value
    } catch {
        await server.drain(within: .zero)
        throw error
    }
}

struct Leak: Error {
    let connections: Int
}

/// What a fresh connection answers to `bytes`, until it closes.
func exchange(_ bytes: [UInt8], with server: HTTPServer) async throws -> RawResponse {
    let client = try await RawClient.connect(port: server.port)
    try await client.send(bytes)
    let response = try await client.readResponse()
    await client.close()
    return response
}
