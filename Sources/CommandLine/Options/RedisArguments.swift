import BgdemoCore
import ArgumentParser
import BgdemoPrivateRedis
import RedisClient

/// The way to Redis.
struct RedisArguments: ParsableArguments {
    @Option(
        name: .customLong("redis-url"),
        help: ArgumentHelp(
            """
            redis://[user:password@]host[:port][/database], rediss:// for TLS, redis+sentinel://host,host2/master, \
            redis+cluster://host:port,host2:port, or unix:///path (REDIS_URL; a password belongs there). Default: \
            127.0.0.1:6379 where a Redis listens, else one of bgdemo's own.
            """, valueName: "url"))
    var redisURL: String?

    @Option(
        name: .customLong("redis-ca-file"),
        help: ArgumentHelp("Certificates to trust for rediss:// (BGDEMO_REDIS_CA_FILE).", valueName: "file"),
        completion: .file())
    var redisCAFile: String?

    @Option(
        name: .customLong("redis-cert"),
        help: "A certificate to show to a Redis that asks for one, a PEM file (BGDEMO_REDIS_CERT). Default: none.")
    var redisCert: String?

    @Option(
        name: .customLong("redis-key"),
        help: "Its key, a PEM file (BGDEMO_REDIS_KEY). Default: in the file of --redis-cert.")
    var redisKey: String?

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
        guard let redisURL, (try? RedisURL(redisURL))?.hasPassword == true else { return nil }
        return "--redis-url has a password, which any user of this host can read: use REDIS_URL"
    }

    func options(_ environment: EnvironmentVariables) throws -> RedisOptions {
        var options = RedisOptions()
        options.caFile = try environment.value(redisCAFile, "BGDEMO_REDIS_CA_FILE")
        options.certificateFile = try environment.value(redisCert, "BGDEMO_REDIS_CERT")
        options.privateKeyFile = try environment.value(redisKey, "BGDEMO_REDIS_KEY")
        guard options.privateKeyFile == nil || options.certificateFile != nil else {
            throw ValidationError("--redis-key is the key of a certificate: name that by --redis-cert")
        }
        return options
    }

    /// Where `redis-server` is, by PATH.
    static func program(_ environment: EnvironmentVariables) -> String? {
        PrivateRedis.program(environment.variables)
    }
}
