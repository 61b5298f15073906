import BgdemoCore

extension ServeCommand {
    /// The flags of this command line that mean nothing here, each as a sentence: silence would be taken for effect.
    func unused(_ descriptor: StrategyDescriptor, _ role: Role) -> [String] {
        let works = descriptor.hasWorker && role.works
        let noWorker =
            descriptor.hasWorker
            ? "the workers are other processes" : "\(descriptor.name) sends within its web server, at once"
        let others = "\(descriptor.name) has no use for it"
        let flags: [(flag: String, isGiven: Bool, matters: Bool, why: String)] = [
            ("--throttle", work.throttle != nil, works, noWorker),
            ("--concurrency", work.concurrency != nil, works, noWorker),
            ("--attempts", work.attempts != nil, works, noWorker),
            ("--retry-delay", work.retryDelay != nil, works, noWorker),
            ("--retry-cap", work.retryCap != nil, works, noWorker),
            (
                "--semantics talk", work.semantics == .original, descriptor.hasOriginal,
                "the talk had no other way of it"
            ),
            ("--archive", work.archive != nil, descriptor.options.contains("--archive"), others),
            ("--audit", events.audit != nil, descriptor.options.contains("--audit"), others),
            ("--spool", local.spool != nil, descriptor.options.contains("--spool"), others),
            ("--answer-within", work.answerWithin != nil, descriptor.options.contains("--answer-within"), others),
            ("--workers", local.workers != nil, descriptor.options.contains("--workers"), others),
            ("--dead-letters", local.deadLetters != nil, descriptor.options.contains("--dead-letters"), others),
            ("--status-port", listen.statusPort != nil, role == .worker, "the web server has these pages"),
            ("--redis-url", redis.redisURL != nil, descriptor.needsRedis, others),
            (
                "--smtp-delay", mail.smtpDelay != nil, mail.smtpURL == nil,
                "only the inbox inside can be told to be slow"
            ),
        ]
        return flags.filter { $0.isGiven && !$0.matters }.map { "\($0.flag) has no effect here: \($0.why)" }
    }
}
