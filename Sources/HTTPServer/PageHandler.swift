/// A page that a closure makes when it is asked for.
public struct PageHandler: HTTPHandler {
    private let make: @Sendable (HTTPRequest) async -> HTTPResponse

    public init(_ make: @escaping @Sendable (HTTPRequest) async -> HTTPResponse) {
        self.make = make
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse { await make(request) }
}
