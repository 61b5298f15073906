import Inbox

extension Mishap {
    /// The mail server is away, moody, or breaks off; or one address can never be sent to.
    static let ofMailServers = [
        Mishap("smtp-down", "mail server down for 5 s", seconds: 7) { contestant, struck in
            await contestant.mailRoom.close()
            struck()
            try await contestant.pause(.seconds(5))
            try await contestant.mailRoom.reopen()
        },
        Mishap("smtp-moody", "30 % temporary failures") { contestant, struck in
            try await contestant.spoil([InboxFault(.dot, .reply(451), probability: 0.3)])
            struck()
        },
        Mishap("bad-address", "one address that always fails") { contestant, struck in
            struck()
            // Beside the load; that these never arrive is as it should be.
            var load = Load(.open(rate: 10), seconds: 2, seed: 1, part: "bad address")
            load.recipient = "fail-451@example.org"
            let ledger = Ledger(run: load.run)
            _ = try await Generator(load: load, target: contestant.target, ledger: ledger, stop: StopFlag()).run()
        },
        Mishap("smtp-cut", "connection lost after the final dot") { contestant, struck in
            // Once the mail was taken and once it was not: the client can't tell.
            try await contestant.spoil([
                InboxFault(.dot, .drop, probability: 0.15), InboxFault(.stored, .drop, probability: 0.15),
            ])
            struck()
        },
    ]
}

extension Contestant {
    /// The mail server behaves so from now on.
    fileprivate func spoil(_ faults: [InboxFault]) async throws {
        var settings = mailRoom.settings
        settings.faults = faults
        try await mailRoom.reopen(settings)
    }
}
