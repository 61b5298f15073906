@testable import BgdemoHTTPServer
import BgdemoEmail
import NIOCore
import BgdemoCore
import Synchronization

/// A strategy that keeps what it is given, and answers as it is told.
final class RecordingStrategy: Strategy {
    private let emails = Mutex<[Email]>([])
    private let delays = Mutex<[Duration]>([])
    private let refusal = Mutex<AcceptError?>(nil)
    /// What every `accept` waits for, where a test holds it up.
    private let gate: TestLatch?

    init(gate: TestLatch? = nil) {
        self.gate = gate
    }

    var accepted: [Email] { emails.withLock { $0 } }
    var acceptedDelays: [Duration] { delays.withLock { $0 } }

    func refuse(_ refusal: AcceptError?) { self.refusal.withLock { $0 = refusal } }

    func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        await gate?.pass()
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
        emails.withLock { $0.append(email) }
        return AcceptResult("kept", note: "a test", details: [.init("number", 7), .init("word", "a\"b")])
    }

    func accept(_ email: Email, after delay: Duration) async throws(AcceptError) -> AcceptResult {
        delays.withLock { $0.append(delay) }
        return try await accept(email)
    }
}

/// Holds tasks up until it is opened, and says when one has come.
actor TestLatch {
    private var isOpen = false
    private var held: [CheckedContinuation<Void, Never>] = []
    private var watchers: [CheckedContinuation<Void, Never>] = []

    func pass() async {
        guard !isOpen else { return }
        await withCheckedContinuation { continuation in
            held.append(continuation)
            for watcher in watchers { watcher.resume() }
            watchers.removeAll()
        }
    }

    func arrival() async {
        guard held.isEmpty else { return }
        await withCheckedContinuation { watchers.append($0) }
    }

    func open() {
        isOpen = true
        for continuation in held { continuation.resume() }
        held.removeAll()
    }
}

extension HTTPRequest {
    /// A request as the server hands it over.
    static func get(_ target: String, _ change: (inout Fields) -> Void = { _ in }) -> HTTPRequest {
        var fields = Fields()
        change(&fields)
        return HTTPRequest(
            head: Head(method: .get, target: target, minorVersion: 1, fields: fields, keepsAlive: true))
    }

    static func post(
        _ body: String, as type: String? = "application/json", _ change: (inout Fields) -> Void = { _ in }
    ) -> HTTPRequest {
        var fields = Fields()
        fields.contentType = type
        change(&fields)
        return HTTPRequest(
            head: Head(method: .post, target: "/", minorVersion: 1, fields: fields, keepsAlive: true),
            body: ByteBuffer(string: body))
    }

    func with(_ method: Method) -> HTTPRequest {
        let head = Head(
            method: method, target: head.target, minorVersion: head.minorVersion, fields: head.fields,
            keepsAlive: head.keepsAlive)
        return HTTPRequest(head: head, body: body)
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body.bytes, as: UTF8.self) }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
