import Strategy

extension ServeCommand {
    /// The flags of this command line that mean nothing here, each as a sentence: silence would be taken for effect.
    func unused(_ entry: Entry, _ role: Role) -> [String] {
        let works = entry.hasWorker && role.works
        let noWorker =
            entry.hasWorker ? "the workers are other processes" : "\(entry.name) sends within its web server, at once"
        let others = "\(entry.name) has no use for it"
        let flags: [(flag: String, isGiven: Bool, matters: Bool, why: String)] = [
            ("--throttle", work.throttle != nil, works, noWorker),
            ("--concurrency", work.concurrency != nil, works, noWorker),
            ("--attempts", work.attempts != nil, works, noWorker),
            ("--retry-delay", work.retryDelay != nil, works, noWorker),
            ("--retry-cap", work.retryCap != nil, works, noWorker),
            ("--semantics talk", work.semantics == .talk, entry.hasTalk, "the talk had no other way of it"),
            ("--archive", work.archive != nil, entry.options.contains("--archive"), others),
            ("--audit", events.audit != nil, entry.options.contains("--audit"), others),
            ("--spool", local.spool != nil, entry.options.contains("--spool"), others),
            ("--workers", local.workers != nil, entry.options.contains("--workers"), others),
            ("--dead-letters", local.deadLetters != nil, entry.options.contains("--dead-letters"), others),
            ("--status-port", listen.statusPort != nil, role == .worker, "the web server has these pages"),
            ("--redis-url", redis.redisURL != nil, entry.needsRedis, others),
            (
                "--smtp-delay", mail.smtpDelay != nil, mail.smtpURL == nil,
                "only the inbox inside can be told to be slow"
            ),
        ]
        return flags.filter { $0.isGiven && !$0.matters }.map { "\($0.flag) has no effect here: \($0.why)" }
    }
}
