import BgdemoFoundations

extension JSONReader.Limits {
    /// What Redis holds is read whatever its depth, which takes neither recursion nor more than linear time.
    static let redis: JSONReader.Limits = {
        var limits = JSONReader.Limits()
        limits.depth = .max
        limits.values = .max
        return limits
    }()

    /// The same for bytes that need not be UTF-8.
    static let redisBytes: JSONReader.Limits = {
        var limits = redis
        limits.requiresUTF8 = false
        return limits
    }()
}
