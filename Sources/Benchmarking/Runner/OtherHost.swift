#if canImport(Glibc) || canImport(Musl)
    import BgdemoSystemCompat
#endif

/// A host beside this one, as its processes see it: a namespace for host names and one for processes (`unshare`). They share
/// network, files and clock with this host.
enum OtherHost {
    private static var options: [String] {
        (geteuid() == 0 ? [] : ["--user", "--map-root-user"])
            + ["--uts", "--pid", "--mount-proc", "--fork", "--kill-child", "sh", "-c", #"hostname "$0" && exec "$@""#]
    }

    /// The command on a host of this name. Its pid is that of `unshare`; it ends when that is killed.
    static func command(_ command: RunningProcess.Command, on name: String) -> RunningProcess.Command {
        var there = command
        there.executable = "unshare"
        there.arguments = options + [name, command.executable] + command.arguments
        return there
    }

    /// Why there is none; nil if there is one.
    static func obstacle() async -> String? {
        await CommandProbe.succeeds("unshare", options + ["other", "true"])
            ? nil : "needs unshare (util-linux) and root or user namespaces (Linux)"
    }
}
