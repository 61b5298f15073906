import Hummingbird
import Resque

/// `POST /users` with `{"address":"…"}`: answers at once, and leaves the mail to a worker.
public struct SignupController: Sendable {
    public struct User: Codable, Sendable {
        public let address: String

        public init(address: String) { self.address = address }
    }

    private let queue: Queue

    public init(_ queue: Queue) { self.queue = queue }

    public var router: Router<BasicRequestContext> {
        let router = Router()
        router.post("users") { request, context in
            try await signUp(request.decode(as: User.self, context: context))
        }
        return router
    }

    public func signUp(_ user: User) async throws -> HTTPResponse.Status {
        guard user.address.contains("@") else { throw HTTPError(.badRequest, message: "this is no address") }
        try await queue.enqueue(SendWelcome(address: user.address))
        return .accepted
    }
}
