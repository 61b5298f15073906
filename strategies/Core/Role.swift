/// Which part of a strategy a process runs: the value of `--role`.
public enum Role: String, Sendable, CaseIterable {
    case all, server, worker

    public var serves: Bool { self != .worker }
    public var works: Bool { self != .server }
}
