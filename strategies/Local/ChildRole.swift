import BgdemoPipes

/// The two kinds of children.
package enum ChildRole: String, Sendable, CaseIterable {
    case server, worker

    /// As the talk's log calls it.
    var title: String {
        switch self {
        case .server: "web server"
        case .worker: "email worker"
        }
    }
}

/// The variables by which a child knows that it is one.
enum ChildVariable {
    static let name = "BGDEMO_CHILD"
    static let listens = "BGDEMO_CHILD_LISTENS"
    static let isSpooled = "BGDEMO_CHILD_SPOOLS"
}

extension ChildCommand {
    func asChild(_ role: ChildRole, isSpooled: Bool) -> ChildCommand {
        var variables = [ChildVariable.name: role.title]
        if role == .server { variables[ChildVariable.listens] = "1" }
        if isSpooled { variables[ChildVariable.isSpooled] = "1" }
        return adding(variables)
    }
}
