package import BgdemoFoundations
package import BgdemoHTTPServer

/// Pages that belong together: the inbox, the queues.
public protocol PageSection: Sendable {
    /// In the navigation.
    var name: String { get }
    /// The path of its first page.
    var home: String { get }
    /// Whether anyone may read it who reaches the server. Default: false.
    var isPublic: Bool { get }
}

extension PageSection {
    public var isPublic: Bool { false }
}

/// How a section answers, which only this package sees.
package protocol PageRoutes: PageSection {
    /// Whether a request is for this section. Others go to the next.
    ///
    /// - Parameter path: The path's segments, percent-decoded; none of `/`.
    func owns(_ path: [ByteString], _ head: HTTPRequest.Head) -> Bool
    /// Answers a request. The reader's access is checked before, and of a POST that a page of this site sent it.
    ///
    /// - Throws: `Problem`, or what the section's source throws where it is away.
    func respond(to request: PageRequest) async throws -> PageResponse
    /// Another text as soon as the section's pages would look otherwise; ASCII without line ends.
    func version() async -> String
    /// How often ``version()`` is asked for while a page is open. Default: 250 ms.
    var interval: Duration { get }
    /// Styles and ES modules of its own, by their names, at `/assets/NAME`. Default: none.
    var assets: [String: Asset] { get }
}

extension PageRoutes {
    package var interval: Duration { .milliseconds(250) }
    package var assets: [String: Asset] { [:] }
}
