import BgdemoEmail
import BgdemoTestSupport
import Synchronization
import Testing

@testable import BgdemoSMTPClient

/// Connections are kept, bounded, and never used after something went wrong on them.
@Suite("Connections of the SMTP client", .timeLimit(.minutes(1)))
struct SMTPClientConnectionTests {
    @Test("One connection carries mail after mail and ends with QUIT")
    func oneConnectionForMailAfterMail() async throws {
        let server = try await ScriptedSMTPServer.start()
        try await withSMTPClient(to: server) { client in
            for number in 1...10 {
                #expect(await client.post(number) == .sent(reply: "250 2.0.0 queued as 1-\(number)"))
            }
        }
        let heard = try await server.heard.wait { $0.allSatisfy(\.isClosed) }
        #expect(heard.count == 1)
        #expect(heard[0].commands.last == "QUIT")
    }

    @Test("No more connections are opened than allowed, and waiting mails go in order")
    func noMoreConnectionsThanAllowedAndTheRestInOrder() async throws {
        let server = try await ScriptedSMTPServer.start()
        let sent = Watched<[Int]>([])
        try await withSMTPClient(to: server, connections: 3) { client in
            for number in 0..<300 {
                client.send(try email(number)) { outcome in
                    if outcome.isSent { sent.change { $0.append(number) } }
                }
            }
            try await sent.wait { $0.count == 300 }
            #expect(client.waiting == 0)
            #expect(client.inFlight == 0)
        }
        #expect(server.heard.value.count == 3)
        // Each connection takes the oldest that waits: what it sends is in order, and none is starved.
        for connection in server.heard.value {
            let numbers = connection.texts.map(subjectNumber)
            #expect(numbers == numbers.sorted())
            #expect(numbers.count > 10)
        }
    }

    @Test("One connection keeps the order of the calls")
    func withOneConnectionTheOrderIsTheOrderOfTheCalls() async throws {
        let server = try await ScriptedSMTPServer.start()
        let sent = Watched<[Int]>([])
        try await withSMTPClient(to: server, connections: 1) { client in
            for number in 0..<100 { client.send(try email(number)) { _ in sent.change { $0.append(number) } } }
            try await sent.wait { $0.count == 100 }
        }
        #expect(sent.value == Array(0..<100))
        #expect(server.heard.texts.map(subjectNumber) == Array(0..<100))
    }

    @Test("A full backlog refuses further mails at stage queue")
    func aFullBacklogSaysSo() async throws {
        let server = try await ScriptedSMTPServer.start { $0.point == .banner ? .hang : nil }
        try await withSMTPClient(to: server, connections: 1, backlog: 2) { client in
            let told = Watched<[SendOutcome]>([])
            client.send(try email(1)) { outcome in told.change { $0.append(outcome) } }
            try await server.heard.wait { $0.count == 1 }
            for number in 2...4 { client.send(try email(number)) { outcome in told.change { $0.append(outcome) } } }
            // The last is told before `send` returns.
            #expect(told.value.map(\.name) == ["temporary"])
            #expect(told.value.first?.failure?.stage == .queue)
            #expect(client.waiting == 2)
            #expect(client.inFlight == 1)
            await client.close(within: .zero)
            #expect(told.value.count == 4)
            #expect(told.value.allSatisfy { $0.name == "temporary" })
        }
    }

    /// RSET, and on: a refused recipient costs no connection.
    @Test(
        "A refused recipient is followed by RSET, and the connection is kept",
        arguments: [false, true])
    func aRefusalKeepsTheConnection(isPipelined: Bool) async throws {
        let refusals = Atomic(0)
        let server = try await ScriptedSMTPServer.start(extensions: isPipelined ? ["PIPELINING"] : []) { place in
            switch place.point {
            case .rcpt where refusals.add(1, ordering: .relaxed).newValue == 1: .say("550 no such user")
            case .data where isPipelined && refusals.load(ordering: .relaxed) == 1: .say("503 no recipient")
            default: nil
            }
        }
        try await withSMTPClient(to: server, connections: 1) { client in
            #expect(await client.post(1) == .permanent(SMTPFailure(.rcpt, code: 550, "550 no such user")))
            #expect(await client.post(2).isSent)
        }
        #expect(server.heard.value.count == 1)
        let verbs = server.heard.value[0].commands.map { String($0.prefix(4)) }
        let refused = isPipelined ? ["MAIL", "RCPT", "DATA"] : ["MAIL", "RCPT"]
        #expect(verbs.starts(with: ["EHLO"] + refused + ["RSET", "MAIL", "RCPT", "DATA"]))
    }

    /// A server that pipelines may say 354 although it refused the recipient; it gets no text, and so no empty mail.
    @Test("No text follows a refused recipient, whatever the reply to DATA")
    func noTextAfterARefusalWhateverDATASays() async throws {
        let server = try await ScriptedSMTPServer.start { place in
            place.point == .rcpt && place.connection == 1 ? .say("550 no such user") : nil
        }
        try await withSMTPClient(to: server) { client in
            #expect(await client.post(1).failure?.code == 550)
            try await server.heard.wait { $0[0].isClosed }
            #expect(await client.post(2).isSent)
        }
        #expect(server.heard.value.map(\.texts.count) == [0, 1])
    }

    // MARK: - The server closes a kept connection

    /// A kept connection that closes, with 421 or without a word, is noticed while it rests.
    @Test(
        "A kept connection that the server closes is noticed while it is idle",
        arguments: [true, false])
    func closedWhileItRests(politely: Bool) async throws {
        let server = try await ScriptedSMTPServer.start { place in
            place.point == .rest ? politely ? .sayAndCut("421 4.4.2 idle for too long") : .cut : nil
        }
        try await withSMTPClient(to: server) { client in
            for number in 1...5 { #expect(await client.post(number).isSent) }
        }
        #expect(server.heard.value.count == 5)
        #expect(server.heard.texts.count == 5)
    }

    /// It closes in the moment when the next mail begins: that mail goes out over a fresh connection.
    @Test(
        "A connection that closes as a mail begins: the mail goes over a fresh one",
        arguments: [ScriptedSMTPServer.Act.cut, .sayAndCut("421 4.4.2 idle for too long")], [false, true])
    func closedAsTheNextMailBegins(act: ScriptedSMTPServer.Act, isPipelined: Bool) async throws {
        let server = try await ScriptedSMTPServer.start(extensions: isPipelined ? ["PIPELINING"] : []) { place in
            place.point == .mail && place.connection == 1 && place.mail == 2 ? act : nil
        }
        try await withSMTPClient(to: server) { client in
            #expect(await client.post(1).isSent)
            #expect(await client.post(2).isSent)
        }
        #expect(server.heard.value.count == 2)
        #expect(server.heard.texts.count == 2)
    }

    /// Once, and not again and again.
    @Test("A fresh connection is tried once")
    func aFreshConnectionIsTriedOnce() async throws {
        let server = try await ScriptedSMTPServer.start { place in
            place.point == .mail && (place.mail == 2 || place.connection > 1) ? .sayAndCut("421 busy") : nil
        }
        try await withSMTPClient(to: server) { client in
            #expect(await client.post(1).isSent)
            #expect(await client.post(2) == .temporary(SMTPFailure(.mail, code: 421, "421 busy")))
        }
        #expect(server.heard.value.count == 2)
    }

    /// Past MAIL it is a failure like any other; after the dot a second try could make a twin.
    @Test(
        "A connection that is lost after MAIL ends the mail",
        arguments: [(ScriptedSMTPServer.Point.rcpt, "temporary"), (.data, "temporary"), (.dot, "unknown")])
    func cutLaterIsNotTriedAgain(point: ScriptedSMTPServer.Point, word: String) async throws {
        let server = try await ScriptedSMTPServer.start { place in
            place.point == point && place.mail == 2 ? .cut : nil
        }
        try await withSMTPClient(to: server) { client in
            #expect(await client.post(1).isSent)
            #expect(await client.post(2).name == word)
        }
        #expect(server.heard.value.count == 1)
    }

    // MARK: - What poisons a connection

    /// The late reply of a mail whose time was up would be taken for the next mail's.
    @Test(
        "A connection is not used again after a time-out",
        arguments: [ScriptedSMTPServer.Point.mail, .rcpt, .data, .dot])
    func neverUsedAgainAfterATimeOut(point: ScriptedSMTPServer.Point) async throws {
        let server = try await ScriptedSMTPServer.start { place in
            place.point == point && place.connection == 1 ? .hang : nil
        }
        let clock = ManualClock()
        try await withSMTPClient(to: server, connections: 1, clock: clock) { client in
            let outcome = try await client.post(1, outlasting: .seconds(61), on: clock, server)
            #expect(outcome.name == (point == .dot ? "unknown" : "temporary"))
            #expect(await client.post(2).isSent)
        }
        #expect(server.heard.value.count == 2)
    }

    /// One reply too many shifts all that follow.
    @Test("A connection is not used again after a reply too many")
    func neverUsedAgainAfterAReplyTooMany() async throws {
        let server = try await ScriptedSMTPServer.start { place in
            place.point == .dot && place.mail == 1 ? .say("250 queued\r\n250 and another") : nil
        }
        try await withSMTPClient(to: server, connections: 1) { client in
            #expect(await client.post(1) == .sent(reply: "250 queued"))
            #expect(await client.post(2) == .sent(reply: "250 queued"))
        }
        #expect(server.heard.value.count == 2)
    }

    @Test("An idle connection is closed after ten seconds")
    func anIdleConnectionIsClosedAfterAWhile() async throws {
        let server = try await ScriptedSMTPServer.start()
        let clock = ManualClock()
        try await withSMTPClient(to: server, clock: clock) { client in
            #expect(await client.post(1).isSent)
            clock.advance(by: .seconds(11))
            client.queue.wake()
            let heard = try await server.heard.wait { $0[0].isClosed }
            #expect(heard[0].commands.last == "QUIT")
            #expect(await client.post(2).isSent)
        }
        #expect(server.heard.value.count == 2)
    }
}

/// The number in the subject that ``email(_:to:text:)`` writes.
private func subjectNumber(_ text: [UInt8]) -> Int {
    let line = String(decoding: text, as: UTF8.self).split(separator: "\r\n").first { $0.hasPrefix("Subject: Mail ") }
    return line.flatMap { Int($0.dropFirst(14)) } ?? -1
}
