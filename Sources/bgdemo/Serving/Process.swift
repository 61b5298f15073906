#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What a server asks of its process before it begins.
enum Process {
    /// A broken pipe is an error of one write, not the end of the process; and every file the system allows may be open.
    static func raiseLimits() {
        signal(SIGPIPE, SIG_IGN)
        var limit = rlimit()
        guard unsafe getrlimit(fileLimit, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(fileLimit, &limit)
    }

    /// How many files this process may have open.
    static var openFiles: Int {
        var limit = rlimit()
        return unsafe getrlimit(fileLimit, &limit) == 0 ? Int(clamping: limit.rlim_cur) : 0
    }

    #if canImport(Darwin)
        private static var fileLimit: Int32 { RLIMIT_NOFILE }
    #else
        private static var fileLimit: __rlimit_resource_t { numericCast(RLIMIT_NOFILE.rawValue) }
    #endif
}
