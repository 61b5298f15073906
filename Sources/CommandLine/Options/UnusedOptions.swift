import BgdemoCore

extension ServeCommand {
    /// A sentence for each flag of this command line that has no effect, or that holds a password.
    func unusedOptions(_ descriptor: StrategyDescriptor, _ role: Role) -> [String] {
        let works = descriptor.hasWorker && role.works
        let noWorker =
            descriptor.hasWorker
            ? "the workers are other processes" : "\(descriptor.name) sends in its web server, at once"
        let notUsed = "\(descriptor.name) does not use it"
        let flags: [(flag: String, isGiven: Bool, matters: Bool, why: String)] = [
            ("--throttle", work.throttle != nil, works, noWorker),
            ("--concurrency", work.concurrency != nil, works, noWorker),
            ("--attempts", work.attempts != nil, works, noWorker),
            ("--retry-delay", work.retryDelay != nil, works, noWorker),
            ("--retry-cap", work.retryCap != nil, works, noWorker),
            (
                "--semantics original", work.semantics == .original, descriptor.hasOriginal,
                "the talk's code was the same"
            ),
            ("--status-port", listen.statusPort != nil, role == .worker, "the web server has these pages"),
            ("--redis-url", redis.redisURL != nil, descriptor.needsRedis, notUsed),
            ("--smtp-delay", mail.smtpDelay != nil, mail.smtpURL == nil, "it is for the inbox inside"),
        ]
        let others = strategies.groups.filter { !descriptor.has(type(of: $0)) }.flatMap(\.givenFlags)
        return flags.filter { $0.isGiven && !$0.matters }.map { "\($0.flag) has no effect here: \($0.why)" }
            + [mail.passwordWarning, redis.passwordWarning].compactMap { $0 }
            + others.map { "\($0) has no effect here: \(notUsed)" }
    }
}
