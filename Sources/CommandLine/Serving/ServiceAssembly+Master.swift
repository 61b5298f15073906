import BgdemoCore
import BgdemoTelemetry

/// How this process, as a master, starts the others.
extension ServiceAssembly {
    /// The variable that tells the web server where the inbox' page is, which the master runs.
    static let pageVariable = "BGDEMO_INBOX_PAGE"

    var masterContext: MasterContext {
        MasterContext(
            host: configuration.host, port: configuration.port,
            announce: { [reporting, warnings] port in reporting.announce(startupLine(port: port), warnings: warnings) },
            print: { [reporting] in reporting.write($0) }, childLogger: { [reporting] in reporting.logger(named: $0) },
            metrics: { [reporting, name = configuration.descriptor.name] in
                reporting.metrics.text(where: { Self.isOfMails($0, strategy: name) })
            },
            arguments: Self.arguments, variables: variables)
    }

    /// The metrics that only a master knows: of the mails, not of its own threads and pages.
    private static func isOfMails(_ label: String, strategy: String) -> Bool {
        ["bgdemo_\(strategy)_", "bgdemo_mails_", "bgdemo_sends_", "bgdemo_time_to_"].contains { label.hasPrefix($0) }
    }

    /// This command again, with another role. URLs of the mail server are in the environment only: they may hold a
    /// password.
    private static func arguments(_ role: Role) -> [String] {
        without(["--role", "--smtp-url"], CommandLine.arguments.dropFirst()) + ["--role", role.rawValue]
    }

    private static func without(_ options: Set<String>, _ arguments: some Sequence<String>) -> [String] {
        var kept: [String] = []
        var isValue = false
        for argument in arguments {
            defer { isValue = options.contains(argument) }
            guard !isValue, !options.contains(String(argument.prefix { $0 != "=" })) else { continue }
            kept.append(argument)
        }
        return kept
    }

    /// Each child gets the secrets that it needs, and no others.
    private func variables(_ role: Role) -> [String: String?] {
        switch role {
        case .server:
            SecretVariables.removing(SecretVariables.ofMail + SecretVariables.ofOthers)
                .merging(["SMTP_URL": "discard:", Self.pageVariable: transport.page]) { $1 }
        case .worker, .all:
            SecretVariables.removing(SecretVariables.ofWeb + SecretVariables.ofOthers)
                .merging(["SMTP_URL": transport.url]) { $1 }
        }
    }
}
