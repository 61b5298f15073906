import BgdemoSMTPInbox

extension Fault {
    /// The mail server is away, fails at random, or drops connections; or one address always fails.
    static let ofMailServers = [
        Fault("smtp-down", "mail server down for 5 s", seconds: 7) { running, didInject in
            await running.mailServer.close()
            didInject()
            try await running.pause(.seconds(5))
            try await running.mailServer.reopen()
        },
        Fault("smtp-moody", "30 % temporary failures") { running, didInject in
            try await running.spoil([InboxFault(.dot, .reply(451), probability: 0.3)])
            didInject()
        },
        Fault("bad-address", "one address that always fails") { running, didInject in
            didInject()
            // Beside the load, and not counted: these mails never arrive.
            var load = Load(.open(rate: 10), seconds: 2, seed: 1, part: "bad address")
            load.recipient = "fail-451@example.org"
            let recorder = DeliveryRecorder(run: load.run)
            _ = try await LoadGenerator(load: load, target: running.target, recorder: recorder, stop: StopFlag()).run()
        },
        Fault("smtp-cut", "connection lost after the final dot") { running, didInject in
            // In one case the mail was received, in the other not: the client cannot tell.
            try await running.spoil([
                InboxFault(.dot, .drop, probability: 0.15), InboxFault(.stored, .drop, probability: 0.15),
            ])
            didInject()
        },
    ]
}

extension RunningSubject {
    /// Gives the mail server these faults from now on.
    fileprivate func spoil(_ faults: [InboxFault]) async throws {
        var settings = mailServer.settings
        settings.faults = faults
        try await mailServer.reopen(settings)
    }
}
