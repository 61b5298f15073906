package import BgdemoHTTPServer
import Synchronization

/// The event streams of the open pages (<https://html.spec.whatwg.org/multipage/server-sent-events.html>): one for
/// each section that a browser shows, whose windows share it, or one a page where the browser cannot share.
/// They are few, slow readers are cut, and they end at once when the server stops.
package final class EventStreams: Sendable {
    /// More are refused.
    static let limit = 100
    /// How long a stream may be silent, so that both ends see whether the other is there.
    private static let silence = Duration.seconds(15)

    private let open = Mutex(0)

    package init() {}

    package var count: Int { open.withLock { $0 } }

    /// Opens a stream.
    ///
    /// - Parameter next: The next events, each `id: …\ndata: …\n\n`, as soon as there are any; nil at the stream's end.
    ///   It is not called again before the client has what it returned last, and its task is cancelled when the client
    ///   leaves. It returns at least every 15 s, a comment (`:\n\n`) where there is nothing to tell.
    /// - Throws: 503 where 100 streams are open.
    package func stream(_ next: @escaping @Sendable () async -> String?) throws(Problem) -> HTTPResponse {
        let isOpen = open.withLock { open in
            guard open < Self.limit else { return false }
            open += 1
            return true
        }
        guard isOpen else {
            throw .unavailable("\(Self.limit) pages are open, which is the limit here", retryAfter: .seconds(10))
        }
        return HTTPResponse(
            .ok, .eventStream, .stream(ResponseStream(next: next) { [self] in open.withLock { $0 -= 1 } }))
    }

    /// Opens the stream that every live page has: an event says that the page would look otherwise now, and has its version
    /// as id.
    ///
    /// - Parameters:
    ///   - last: The version that the page has; nil where it does not say.
    ///   - interval: How often the version is asked for. What changes all the time has an event as often, and no more.
    ///   - silence: After how long without a change the event `quiet` says that the server is there: a page sees no comments.
    func changes(
        after last: String?, every interval: Duration, silence: Duration = EventStreams.silence,
        version: @escaping @Sendable () async -> String
    ) throws(Problem) -> HTTPResponse {
        let sent = Mutex<String?>(last)
        let isFirst = Mutex(true)
        return try stream {
            let begin = isFirst.withLock { first in
                defer { first = false }
                return first ? "retry: 1000\n\n" : ""
            }
            let quiet = ContinuousClock.now + silence
            while !Task.isCancelled {
                if begin.isEmpty { try? await Task.sleep(for: interval) }
                let version = await version()
                let known = sent.withLock { sent in
                    defer { sent = version }
                    return sent
                }
                if known.map({ $0.utf8.elementsEqual(version.utf8) }) != true {
                    return "\(begin)id: \(version)\ndata: changed\n\n"
                }
                if !begin.isEmpty { return begin }
                if ContinuousClock.now > quiet { return "event: quiet\ndata: \n\n" }
            }
            return nil
        }
    }
}
