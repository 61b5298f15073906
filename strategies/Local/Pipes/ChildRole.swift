package import BgdemoCore

/// What a child process is.
package enum ChildRole: String, Sendable, CaseIterable {
    case server, worker

    /// As the talk's log calls it.
    package var title: String {
        switch self {
        case .server: "web server"
        case .worker: "email worker"
        }
    }

    /// The value of `--role` that makes a process such a child.
    package var role: Role {
        switch self {
        case .server: .server
        case .worker: .worker
        }
    }
}

/// The variables by which a child knows that a master has started it.
enum ChildVariable {
    static let name = "BGDEMO_CHILD"
    static let listens = "BGDEMO_CHILD_LISTENS"
    static let isSpooled = "BGDEMO_CHILD_SPOOLS"
}

extension ChildCommand {
    /// The command that starts a child of this role.
    ///
    /// - Parameter isSpooled: Whether the master confirms each mail.
    package func asChild(_ role: ChildRole, isSpooled: Bool) -> ChildCommand {
        var variables = [ChildVariable.name: role.title]
        if role == .server { variables[ChildVariable.listens] = "1" }
        if isSpooled { variables[ChildVariable.isSpooled] = "1" }
        return adding(variables)
    }
}
