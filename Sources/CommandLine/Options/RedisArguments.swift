import BgdemoCore
import ArgumentParser
import BgdemoFoundations
import BgdemoPrivateRedis
import RedisClient

/// The way to Redis.
struct RedisArguments: ParsableArguments {
    @Option(
        name: .customLong("redis-url"),
        help: """
            redis://[user:password@]host[:port][/database], rediss://…, or unix:///path (REDIS_URL; a password belongs \
            there). Default: 127.0.0.1:6379 where a Redis listens, else one of bgdemo's own.
            """)
    var redisURL: String?

    @Option(name: .customLong("redis-ca-file"), help: "Certificates to trust for rediss:// (BGDEMO_REDIS_CA_FILE).")
    var redisCAFile: String?

    static let usual = "redis://127.0.0.1:6379"

    /// The server that was named, or nil.
    func url(_ environment: EnvironmentVariables) throws -> RedisURL? {
        guard let text = try environment.value(redisURL, "REDIS_URL") else { return nil }
        do {
            return try RedisURL(text)
        } catch {
            throw ValidationError("--redis-url: \(error)")
        }
    }

    /// The warning where the command line has a password, which any user of the host can read.
    var passwordWarning: String? {
        guard let redisURL, let parts = try? URLParts(redisURL), parts.password?.isEmpty == false else { return nil }
        return "--redis-url has a password, which any user of this host can read: use REDIS_URL"
    }

    func options(_ environment: EnvironmentVariables) throws -> RedisOptions {
        var options = RedisOptions()
        options.caFile = try environment.value(redisCAFile, "BGDEMO_REDIS_CA_FILE")
        return options
    }

    /// Where `redis-server` is, by PATH.
    static func program(_ environment: EnvironmentVariables) -> String? {
        PrivateRedis.program(environment.variables)
    }
}
