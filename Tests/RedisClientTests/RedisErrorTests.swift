import RedisClient
import Testing

@Suite("Error replies of Redis")
struct RedisErrorTests {
    private static let sha1 = "0e4d4d0b9ef7ac2c5cfad1ee0ba6a7e7b0cd2d93"

    @Test(
        "Each error reply has its kind, and its text says what to do",
        arguments: [
            ("LOADING Redis is loading the dataset in memory", .loading, true, "try again"),
            ("BUSY Redis is busy running a script.", .busy, true, "SCRIPT KILL"),
            ("READONLY You can't write against a read only replica.", .readOnly, true, "primary"),
            ("OOM command not allowed when used memory > 'maxmemory'.", .outOfMemory, true, "maxmemory"),
            ("MISCONF Redis is configured to save RDB snapshots", .cannotPersist, true, "disk"),
            (
                "NOREPLICAS Not enough good replicas to write. script: \(Self.sha1), on @user_script:1.",
                .tooFewReplicas, true,
                "min-replicas-to-write"
            ),
            ("NOAUTH Authentication required.", .noAuth, false, "redis://:password@host"),
            ("WRONGPASS invalid username-password pair", .wrongPassword, false, "URL"),
            ("ERR invalid password", .wrongPassword, false, "URL"),
            ("NOPERM this user has no permissions", .noPermission, false, "may not"),
            ("MOVED 3999 127.0.0.1:6381", .moved(slot: 3999, to: "127.0.0.1:6381"), false, "127.0.0.1:6381"),
            ("CLUSTERDOWN Hash slot not served", .clusterDown, true, "Cluster"),
            ("NOSCRIPT No matching script.", .noScript, false, "script"),
            ("WRONGTYPE Operation against a key", .wrongType, false, "another type"),
            ("ERR unknown command", .other, false, "ERR unknown command"),
            ("MOVED nonsense", .other, false, "MOVED nonsense"),
            // A slot is an index: one that does not exist must not become one.
            ("MOVED 99999 127.0.0.1:1", .other, false, "MOVED 99999"),
            ("MOVED -1 127.0.0.1:1", .other, false, "MOVED -1"),
            ("MOVED 16384 127.0.0.1:1", .other, false, "MOVED 16384"),
            ("MOVED 9223372036854775808 a:1", .other, false, "MOVED 9223372036854775808"),
            ("ASK 16384 127.0.0.1:1", .other, false, "ASK 16384"),
            ("MASTERDOWN Link with MASTER is down", .primaryDown, true, "primary"),
            ("UNBLOCKED force unblock from blocking operation", .unblocked, true, "blocking"),
            ("TRYAGAIN Multiple keys request during rehashing of slot", .tryAgain, true, "again"),
            ("CROSSSLOT Keys in request don't hash to the same slot", .crossSlot, false, "slots"),
            (
                "ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write", .readOnly, true,
                "primary"
            ),
            ("ERR too late script: \(Self.sha1), on @user_script:17.", .other, false, "ERR too late"),
            ("", .other, false, "ERR"), ("no code", .other, false, "ERR no code"),
        ] as [(String, RedisReplyError.Kind, Bool, String)])
    func kinds(line: String, kind: RedisReplyError.Kind, isRetryable: Bool, advice: String) {
        let error = RedisError.reply(RedisReplyError(line))
        #expect(error.reply?.kind == kind)
        #expect(error.isRetryable == isRetryable)
        #expect(!error.mayHaveRun)
        #expect(error.description.contains(advice), "\(error)")
        #expect(!error.description.contains("script: "), "\(error)")
    }
}
