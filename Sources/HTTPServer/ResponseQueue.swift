import DequeModule
import NIOCore

/// The responses of one connection that are awaited, or are ready behind one that is, in the order of their requests
/// (RFC 9112, section 9.3.2).
struct ResponseQueue {
    /// A request whose response is awaited, or is ready behind one that is.
    struct PendingResponse {
        let head: HTTPRequest.Head
        let began: NIODeadline
        /// Bytes of the request's body, which the request holds until it is answered.
        let bodyBytes: Int
        fileprivate(set) var response: HTTPResponse?
    }

    private var pending = Deque<PendingResponse>()
    /// The number of the first of them; a response names its request by number.
    private var first = 0
    /// The client waits for `100 Continue`, which goes out after the responses before it.
    private var owesContinue = false

    var count: Int { pending.count }
    var isEmpty: Bool { pending.isEmpty }
    /// Whether no request was ever added.
    var isNew: Bool { first == 0 && pending.isEmpty }

    /// - Returns: The request's number, for ``fulfil(_:_:)``.
    mutating func add(_ head: HTTPRequest.Head, bodyBytes: Int = 0, at now: NIODeadline) -> Int {
        pending.append(PendingResponse(head: head, began: now, bodyBytes: bodyBytes))
        owesContinue = false
        return first + pending.count - 1
    }

    /// Adds a response that is ready.
    mutating func add(_ head: HTTPRequest.Head, _ response: HTTPResponse, at now: NIODeadline) {
        fulfil(add(head, at: now), response)
    }

    /// The response to a request is ready. Ignored where the request is not in the queue any more.
    mutating func fulfil(_ number: Int, _ response: HTTPResponse) {
        guard pending.indices.contains(number - first) else { return }
        pending[number - first].response = response
    }

    /// The first request, where its response is ready. It is then in the queue no more.
    mutating func popReady() -> (request: PendingResponse, response: HTTPResponse)? {
        guard let request = pending.first, let response = request.response else { return nil }
        pending.removeFirst()
        first += 1
        return (request, response)
    }

    mutating func oweContinue() { owesContinue = true }

    /// Whether `100 Continue` is to be written now. Asked once.
    mutating func takeContinue() -> Bool {
        guard owesContinue, pending.isEmpty else { return false }
        owesContinue = false
        return true
    }

    /// Empties the queue.
    ///
    /// - Returns: How many bytes of bodies it held.
    mutating func removeAll() -> Int {
        defer { pending.removeAll() }
        return pending.reduce(0) { $0 + $1.bodyBytes }
    }
}
