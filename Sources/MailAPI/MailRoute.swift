import BgdemoEmail
import BgdemoFoundations
public import BgdemoCore
public import BgdemoHTTPServer

/// Reads the mail that a request asks for, hands it to the strategy, and answers with what the strategy says.
///
/// `GET /mails/ID` is answered with what became of a mail: `{"id":…,"state":…,"attempts":…,"outcome":…,"reason":…}`.
/// `POST /` with a JSON array of up to 100 mails is answered with an array, one response a mail.
///
/// The response to an accepted mail: `{"email":{"to":…,"subject":…,"text":…},"id":…,"state":…}`, and what the strategy
/// adds. To one that was tried and failed: 500, and the same with `"error"`.
public final class MailRoute: HTTPHandler {
    private let strategy: any Strategy
    /// The strategy, where it waits for nothing.
    private let immediate: (any ImmediateStrategy)?
    private let access: AccessPolicy
    private let idempotency: IdempotencyCache
    private let statuses: (any MailStatusStore)?

    /// - Parameters:
    ///   - access: Default: everyone may send to everyone.
    ///   - waiterLimit: How many requests may wait for the first one with their Idempotency-Key; past it 503.
    ///     Default: 100,000.
    ///   - statuses: Where it is kept what became of the mails. Default: nil.
    public init(
        _ strategy: any Strategy, access: AccessPolicy = AccessPolicy(), waiterLimit: Int = 100_000,
        statuses: (any MailStatusStore)? = nil
    ) {
        self.strategy = strategy
        immediate = strategy as? any ImmediateStrategy
        self.access = access
        self.statuses = statuses
        idempotency = IdempotencyCache(waiterLimit: waiterLimit, store: strategy.idempotency, statuses: statuses)
    }

    public func check(_ head: HTTPRequest.Head) -> Problem? {
        do throws(Problem) {
            try access.check(head.fields)
            return nil
        } catch {
            return error
        }
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse { await answer(request).response }

    public func answer(_ request: HTTPRequest) -> HTTPAnswer {
        do throws(Problem) {
            try access.check(request.fields)
            if let id = Self.mailID(request) { return .awaited { await self.status(of: id) } }
            let key = try request.fields.idempotencyKey.map { text throws(Problem) in try IdempotencyKey(text) }
            if let mails = try SendMailRequest.batch(request) {
                return .awaited { await self.respond(to: mails, key: key) }
            }
            let mail = try SendMailRequest(request)
            try access.check(mail.email.to)
            // HEAD tells whether the request is valid, and sends nothing: link checkers send it.
            guard request.method != .head else { return .ready(HTTPResponse(.ok, .json, "")) }
            if let key { return .awaited { await self.respond(to: mail, key: key) } }
            guard let immediate, mail.delay == nil else {
                return .awaited { await self.deliver(mail).response(mail.email) }
            }
            return .ready(deliver(mail, immediate).response(mail.email))
        } catch {
            return .ready(error.response)
        }
    }

    /// The id of `/mails/ID`; nil for another path. An address has an `@`: no mail has this path.
    private static func mailID(_ request: HTTPRequest) -> Substring? {
        guard request.method != .post, request.target.hasBytePrefix("/mails/") else { return nil }
        let id = Substring(request.target.utf8.dropFirst("/mails/".utf8.count))
        return id.utf8.contains(UInt8(ascii: "/")) ? nil : id
    }

    private func status(of text: Substring) async -> HTTPResponse {
        let unknown = Problem(.notFound, "nothing is known of this mail here, or no more", advice: "GET /mails/ID")
        guard let id = EmailID(String(text)), let statuses else { return unknown.response }
        do throws(AcceptError) {
            guard let found = try await statuses.status(of: id) else { return unknown.response }
            var json = JSONWriter()
            json.object { json in
                json.member("id", id)
                found.writeMembers(into: &json)
            }
            return HTTPResponse(.ok, .json, json.text + "\n")
        } catch {
            return Problem(error).response
        }
    }

    /// A JSON array of what each mail alone would be answered, in the order of the mails.
    private func respond(to batch: [[UInt8]], key: IdempotencyKey?) async -> HTTPResponse {
        let responses = await withTaskGroup(of: (Int, HTTPResponse).self) { group in
            for (number, json) in batch.enumerated() {
                // Each mail of the batch has a key of its own.
                group.addTask { (number, await self.respond(to: json, key: key?.ofMail(number))) }
            }
            return await group.reduce(into: [Int: HTTPResponse]()) { $0[$1.0] = $1.1 }
        }
        var bytes: [UInt8] = []
        for number in batch.indices {
            bytes.append(UInt8(ascii: number == 0 ? "[" : ","))
            bytes += responses[number]?.body.bytes.dropLast() ?? []
        }
        return HTTPResponse(.ok, .json, .bytes(bytes + Array("]\n".utf8)))
    }

    private func respond(to json: [UInt8], key: IdempotencyKey?) async -> HTTPResponse {
        do throws(Problem) {
            let mail = try SendMailRequest(MailFields(json: json))
            try access.check(mail.email.to)
            return await respond(to: mail, key: key)
        } catch {
            return error.response
        }
    }

    private func respond(to mail: SendMailRequest, key: IdempotencyKey?) async -> HTTPResponse {
        guard let key else { return await deliver(mail).response(mail.email) }
        return await respond(to: mail, key: key)
    }

    private func respond(to mail: SendMailRequest, key: IdempotencyKey) async -> HTTPResponse {
        do throws(Problem) {
            let response = try await idempotency.respond(
                to: key, mail, admit: { () throws(Problem) in try access.takeFromRate() },
                deliver: { await deliver($0) })
            return response.response(mail.email)
        } catch {
            return error.response
        }
    }

    private func deliver(_ mail: SendMailRequest) async -> SendMailResponse {
        if let refusal = refusal(of: mail) { return refusal }
        do throws(AcceptError) {
            return accepted(mail, try await accept(mail))
        } catch {
            return SendMailResponse(mail.email.id, error)
        }
    }

    private func deliver(_ mail: SendMailRequest, _ strategy: any ImmediateStrategy) -> SendMailResponse {
        if let refusal = refusal(of: mail) { return refusal }
        do throws(AcceptError) {
            return accepted(mail, try strategy.accept(mail.email))
        } catch {
            return SendMailResponse(mail.email.id, error)
        }
    }

    private func accept(_ mail: SendMailRequest) async throws(AcceptError) -> AcceptResult {
        guard let delay = mail.delay, delay > .zero else { return try await strategy.accept(mail.email) }
        return try await strategy.accept(mail.email, after: delay)
    }

    private func accepted(_ mail: SendMailRequest, _ result: AcceptResult) -> SendMailResponse {
        statuses?.record(accepted: result.state, mail.email.id)
        return SendMailResponse(mail.email.id, .accepted(result))
    }

    /// Counts one mail against the rate.
    ///
    /// - Returns: The response to a mail that is one too many.
    private func refusal(of mail: SendMailRequest) -> SendMailResponse? {
        do throws(Problem) {
            try access.takeFromRate()
            return nil
        } catch {
            return SendMailResponse(mail.email.id, .rejected(error))
        }
    }
}
