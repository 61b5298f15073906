import BgdemoCore
import BgdemoEmail
import BgdemoFoundations
import Logging
import NIOPosix
import RedisClient

/// What `doctor` finds of a Redis, and of what a strategy may do there.
struct RedisDiagnosis {
    let url: RedisURL
    let options: RedisOptions
    let configuration: ServeConfiguration
    let strategies: StrategyOptionGroups
    let environment: EnvironmentVariables

    init(
        url: RedisURL, options: RedisOptions, configuration: ServeConfiguration, strategies: StrategyOptionGroups,
        _ environment: EnvironmentVariables
    ) {
        (self.url, self.options, self.configuration, self.strategies) = (url, options, configuration, strategies)
        self.environment = environment
    }

    /// - Throws: `RedisError` where no Redis answers.
    func findings() async throws -> [DoctorFinding] {
        let redis = RedisConnection(
            url.node(of: "bgdemo"), on: MultiThreadedEventLoopGroup.singleton.any(), options: options, logger: .silent)
        defer { redis.close() }
        _ = try await redis.send("PING")
        // A server may refuse to say it, or have no such command.
        let version = (try? await redis.serverVersion()).map { "version \($0)" } ?? "it does not say its version"
        var findings = [DoctorFinding.good("redis", "\(url) answers: \(version)")]
        let role = try? await redis.send("ROLE").array?.first?.text
        let isReplica = role?.hasSameBytes(as: "slave") == true
        if isReplica {
            findings.append(
                .bad("redis", "\(url) is a replica, which takes no writes", "name the primary, or its Sentinels"))
        }
        if let policy = await setting("maxmemory-policy", "memory", redis), !policy.hasSameBytes(as: "noeviction") {
            findings.append(
                .warning(
                    "redis",
                    "it evicts keys when its memory is full (maxmemory-policy \(printable(policy, limit: 40))): mails get lost",
                    "CONFIG SET maxmemory-policy noeviction"))
        }
        if let kept = await setting("appendonly", "persistence", redis), ["no", "0"].contains(where: kept.hasSameBytes)
        {
            findings.append(
                .warning(
                    "redis", "it keeps no append-only file: when it ends it forgets what is not in its last snapshot",
                    "redis-server --appendonly yes"))
        }
        return isReplica ? findings : try await findings + strategyFindings()
    }

    /// A setting by `CONFIG GET`, or where that is not allowed, by `INFO`; nil where neither says it.
    private func setting(_ name: String, _ section: String, _ redis: RedisConnection) async -> String? {
        if let value = try? await redis.send("CONFIG", "GET", name).array?.last?.text { return value }
        let info = try? await redis.send("INFO", section).text
        let field = name == "appendonly" ? "aof_enabled" : "maxmemory_policy"
        return info?.utf8.split { $0 == 0x0d || $0 == 0x0a }.map { Substring($0) }.first {
            $0.hasBytePrefix(field + ":")
        }
        .map { String($0.dropFirst(field.count + 1)) }
    }

    // MARK: The strategy

    private func strategyFindings() async throws -> [DoctorFinding] {
        let descriptor = configuration.descriptor
        guard let rights = descriptor.redisRights else { return [] }
        let namespace = try strategies.groups.lazy.compactMap { $0 as? NamespaceOptions }.first
            .flatMap { descriptor.has(NamespaceOptions.self) ? try $0.namespace(environment, on: url) : nil }
        let prefix = namespace.map { $0 + ":" } ?? rights.keys
        let redis = RedisEndpoint(url, options: options, description: "\(url)").connect(
            isCluster: url.isCluster, MultiThreadedEventLoopGroup.singleton, logger: .silent)
        let missing = try await RedisRightsProbe(redis: redis, prefix: prefix).missing(of: rights.commands)
        guard missing.isEmpty else {
            return [
                .bad(
                    "rights",
                    "the Redis user lacks rights that \(descriptor.name) needs: \(missing.joined(separator: " "))",
                    "ACL SETUSER, as docs/redis-acl.md has it")
            ]
        }
        do {
            try await descriptor.make(context()).check()
            return [.good("rights", "\(descriptor.name) may do in Redis what it needs, and Redis takes its writes")]
        } catch let error as AcceptError {
            return [.bad("rights", "\(descriptor.name) can't work: \(error.reason)", "until then /readyz is 503")]
        } catch let error as LineFileError {
            return [.bad("files", "\(error)", "serve does not start until it can")]
        }
    }

    private func context() -> StrategyContext {
        StrategyContext(
            sender: DiscardingSender(), tracker: DeliveryTracker(logger: .silent), work: configuration.work,
            grace: .seconds(1), role: .server, group: MultiThreadedEventLoopGroup.singleton, logger: .silent,
            environment: environment, redis: RedisEndpoint(url, options: options, description: "\(url)"), master: nil,
            options: strategies.groups)
    }
}
