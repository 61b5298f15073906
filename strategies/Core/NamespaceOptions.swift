public import ArgumentParser
public import RedisClient

/// Where Resque's keys are.
public struct NamespaceOptions: StrategyOptions {
    public static let title = "Strategies resque and queuebus: keys"

    @Option(
        help: """
            What the keys begin with, as Ruby's Resque.redis.namespace says (BGDEMO_NAMESPACE). Default: resque; on a \
            Redis Cluster resque:{mail}, since all keys have to be in one slot.
            """)
    public var namespace: String?

    public init() {}

    public var givenFlags: [String] { Self.names(("--namespace", namespace != nil)) }

    public func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws {
        guard try environment.value(namespace, "BGDEMO_NAMESPACE") != "" else {
            throw ValidationError("--namespace is empty")
        }
    }

    /// - Throws: `ValidationError` where a Redis Cluster would spread such keys over its nodes.
    public func namespace(_ environment: EnvironmentVariables, on url: RedisURL) throws -> String {
        let namespace =
            try environment.value(namespace, "BGDEMO_NAMESPACE") ?? (url.isCluster ? "resque:{mail}" : "resque")
        guard !url.isCluster || RedisURL.hasHashTag(namespace) else {
            throw ValidationError(
                "--namespace \(namespace): on a Redis Cluster all keys have to be in one slot, by a hash tag in the "
                    + "namespace, such as resque:{mail}; Ruby's Resque.redis.namespace takes the same")
        }
        return namespace
    }
}
