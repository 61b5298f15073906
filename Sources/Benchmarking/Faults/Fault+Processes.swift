import Subprocess

extension Fault {
    /// The subject's processes are killed, terminated or suspended. What has ended is restarted as a supervisor would;
    /// the master of `local` restarts its own children.
    static let ofProcesses = [
        Fault("kill-worker", "kill -9 the worker", applies: { $0.canKill(.worker) }) { try await $0.kill(.worker, $1) },
        Fault(
            "kill-remote-worker", "kill -9 a remote worker",
            conditions: RunConditions(hasRemoteWorkers: true), quiet: .seconds(25),
            obstacle: { await OtherHost.obstacle() },
            applies: { $0.deployment == .separateWorker }
        ) { try await $0.kill(.worker, $1) },
        Fault("kill-server", "kill -9 the web server", applies: { $0.canKill(.webServer) }) {
            try await $0.kill(.webServer, $1)
        },
        Fault("kill-master", "kill -9 the master", applies: { $0.has(.master) }) { try await $0.kill(.master, $1) },
        Fault(
            "terminate", "SIGTERM to all",
            applies: { subject in subject.has(.webServer) && subject.roles.allSatisfy(subject.canKill) }
        ) { running, didInject in
            // A sender ends before its receiver, as in a careful deployment.
            let roles = running.subject.external == nil ? running.own : running.subject.roles
            var old: [ProcessRole: Int32] = [:]
            for role in roles.reversed() {
                old[role] = await running.pid(of: role)
                try await running.signal(.terminate, to: role)
            }
            didInject()
            for role in roles { try await running.restart(role, after: old[role]) }
        },
        Fault("stop-worker", "worker stopped for 10 s", applies: { $0.has(.worker) }) { running, didInject in
            let pid = await running.pid(of: .worker)
            try await running.signal(.suspend, to: .worker)
            didInject()
            try await running.pause(.seconds(10))
            // A master may have replaced it.
            if await running.pid(of: .worker) == pid { try await running.signal(.resume, to: .worker) }
        },
    ]
}

extension BenchmarkSubject {
    func has(_ role: ProcessRole) -> Bool { roles.contains(role) }
}

extension RunningSubject {
    fileprivate func kill(_ role: ProcessRole, _ didInject: () -> Void) async throws {
        let old = await pid(of: role)
        try await signal(.kill, to: role)
        didInject()
        try await restart(role, after: old)
    }

    /// Sleeps for this time of the load.
    func pause(_ time: Duration) async throws { try await sleep(until: now + time) }
}
