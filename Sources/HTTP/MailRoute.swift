import Mail
public import Strategy

/// Orders to mails, mails to the strategy, its receipt to the client.
///
/// The answer to an accepted mail: `{"email":{"to":…,"subject":…,"text":…},"id":…,"state":…}`, and what the strategy
/// adds. To one that was tried and failed: 500 and the same with `"error"`.
public struct MailRoute: Handler {
    private let strategy: any Strategy
    private let access: Access
    private let idempotency = Idempotency()

    public init(_ strategy: any Strategy, access: Access = Access()) {
        self.strategy = strategy
        self.access = access
    }

    public func respond(to request: Request) async -> Response {
        do throws(Problem) {
            try access.check(request.fields)
            let order = try Order(request)
            try access.check(order.email.to)
            // HEAD tells whether the order is in order, and sends nothing: link checkers send it.
            guard request.method != .head else { return Response(.ok, .json, "") }
            return try await answer(order, key: request.fields.idempotencyKey)
        } catch {
            return error.response
        }
    }

    private func answer(_ order: Order, key: String?) async throws(Problem) -> Response {
        guard let key else { return await deliver(order).response(order.email) }
        return try await idempotency.once(key, order) { await deliver($0) }.response(order.email)
    }

    private func deliver(_ order: Order) async -> Answer {
        do throws(Problem) {
            try access.takeTurn()
        } catch {
            return Answer(order.email.id, .turnedAway(error))
        }
        do throws(Refusal) {
            let receipt =
                if let delay = order.delay, delay > .zero {
                    try await strategy.accept(order.email, after: delay)
                } else {
                    try await strategy.accept(order.email)
                }
            return Answer(order.email.id, .accepted(receipt))
        } catch {
            return Answer(order.email.id, error)
        }
    }
}
