#if os(Linux)
    /// Whether the tests run on Linux, for those that need its tools.
    public let isLinux = true
#else
    public let isLinux = false
#endif
