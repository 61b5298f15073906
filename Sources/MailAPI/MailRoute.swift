import BgdemoEmail
public import BgdemoCore
public import BgdemoHTTPServer

/// Orders to mails, mails to the strategy, its receipt to the client.
///
/// The answer to an accepted mail: `{"email":{"to":…,"subject":…,"text":…},"id":…,"state":…}`, and what the strategy
/// adds. To one that was tried and failed: 500 and the same with `"error"`.
public struct MailRoute: HTTPHandler {
    private let strategy: any Strategy
    private let access: AccessPolicy
    private let idempotency = IdempotencyCache()

    public init(_ strategy: any Strategy, access: AccessPolicy = AccessPolicy()) {
        self.strategy = strategy
        self.access = access
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        do throws(Problem) {
            try access.check(request.fields)
            let order = try SendMailRequest(request)
            try access.check(order.email.to)
            // HEAD tells whether the order is in order, and sends nothing: link checkers send it.
            guard request.method != .head else { return HTTPResponse(.ok, .json, "") }
            return try await answer(order, key: request.fields.idempotencyKey)
        } catch {
            return error.response
        }
    }

    private func answer(_ order: SendMailRequest, key: String?) async throws(Problem) -> HTTPResponse {
        guard let key else { return await deliver(order).response(order.email) }
        return try await idempotency.once(key, order) { await deliver($0) }.response(order.email)
    }

    private func deliver(_ order: SendMailRequest) async -> SendMailResponse {
        do throws(Problem) {
            try access.acquire()
        } catch {
            return SendMailResponse(order.email.id, .rejected(error))
        }
        do throws(AcceptError) {
            let result =
                if let delay = order.delay, delay > .zero {
                    try await strategy.accept(order.email, after: delay)
                } else {
                    try await strategy.accept(order.email)
                }
            return SendMailResponse(order.email.id, .accepted(result))
        } catch {
            return SendMailResponse(order.email.id, error)
        }
    }
}
