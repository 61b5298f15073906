import Subprocess

extension Mishap {
    /// The program's own processes die, are told to leave, or stand still. A supervisor starts again what has ended; the
    /// children of `local`'s master are its own care.
    static let ofProcesses = [
        Mishap("kill-worker", "kill -9 the worker", strikes: { $0.has(.worker) }) { try await $0.kill(.worker, $1) },
        Mishap("kill-server", "kill -9 the web server") { try await $0.kill(.webServer, $1) },
        Mishap("kill-master", "kill -9 the master", strikes: { $0.has(.master) }) { try await $0.kill(.master, $1) },
        Mishap("terminate", "SIGTERM to all") { contestant, struck in
            // Who writes leaves before who reads, as with any deployment that is done with care.
            for part in contestant.own.reversed() { try await contestant.signal(.terminate, to: part) }
            struck()
            for part in contestant.own { try await contestant.restart(part) }
        },
        Mishap("stop-worker", "worker stopped for 10 s", strikes: { $0.has(.worker) }) { contestant, struck in
            let pid = await contestant.pid(of: .worker)
            try await contestant.signal(.suspend, to: .worker)
            struck()
            try await contestant.pause(.seconds(10))
            // A master may have replaced it meanwhile.
            if await contestant.pid(of: .worker) == pid { try await contestant.signal(.resume, to: .worker) }
        },
    ]
}

extension Contender {
    func has(_ part: Part) -> Bool { parts.contains(part) }
}

extension Contestant {
    fileprivate func kill(_ part: Part, _ struck: () -> Void) async throws {
        try await signal(.kill, to: part)
        struck()
        try await restart(part)
    }

    /// A time of the load from now.
    func pause(_ time: Duration) async throws { try await sleep(until: now + time) }
}
