import BgdemoCore
import ArgumentParser
import BgdemoFoundations
import BgdemoHTTPServer
import BgdemoNetSupport
import BgdemoSystemCompat
import Logging
import BgdemoEmail
import NIOPosix
import RedisClient
import BgdemoSMTPClient

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at everything that serve stands on, and says what is good, what is bad, and what to do.",
        discussion: """
            Takes the options of serve, and the same environment variables. Exits with 1 where something is bad. \(Duration.formsSentence)

              bgdemo doctor
              bgdemo doctor --strategy resque --smtp-url smtp://mail.example.org:587
            """)

    @OptionGroup var serve: ServeCommand

    private var listen: ListenOptions { serve.listen }
    private var mail: MailOptions { serve.mail }
    private var redis: RedisArguments { serve.redis }

    func run() async throws {
        let environment = EnvironmentVariables.process
        let configuration = try ServeConfiguration(serve, environment)
        CurrentProcess.prepare()
        let findings =
            [try await port(environment), try await smtp(environment)] + (try await redis(configuration, environment))
            + (try strategyFaults(environment)) + [files()]
        for finding in findings { print(finding) }
        guard findings.allSatisfy(\.isGood) else { throw ExitCode.failure }
    }

    private func port(_ environment: EnvironmentVariables) async throws -> DoctorFinding {
        let host = try listen.host(environment)
        let port = try listen.port(environment)
        do {
            let server = try await HTTPServer.start(
                host: host, port: port, group: MultiThreadedEventLoopGroup.singleton, logger: .silent,
                handler: PageHandler { _ in HTTPResponse(.noContent, .text, "") })
            let free = server.port
            await server.drain(within: .seconds(1))
            return .good("port", "\(host) port \(free) is free")
        } catch {
            return .bad("port", error.reason, error.advice)
        }
    }

    private func smtp(_ environment: EnvironmentVariables) async throws -> DoctorFinding {
        guard let server = try mail.server(environment) else {
            return .good("smtp", "no --smtp-url: serve runs an inbox inside")
        }
        guard server.scheme != .discard else { return .good("smtp", "discard: takes every mail and throws it away") }
        let client = try SMTPClient(
            server: server, from: mail.from(environment), connections: 1,
            timeouts: SMTPTimeouts(connect: .seconds(5), stage: .seconds(5), dot: .seconds(5), total: .seconds(15)),
            caFile: environment.value(mail.smtpCAFile, "BGDEMO_SMTP_CA_FILE"),
            logger: .silent)
        defer { Task { await client.close(within: .zero) } }
        switch await client.probe() {
        case .success(let offer):
            let way = offer.isEncrypted ? "encrypted" : "in the clear"
            let extensions = offer.extensions.isEmpty ? "no extension" : offer.extensions.joined(separator: ", ")
            return .good("smtp", "\(server) answers, \(way): \(offer.banner); offers \(extensions)")
        case .failure(let failure):
            return .bad("smtp", "\(server): \(failure)", advice(failure))
        }
    }

    private func advice(_ failure: SMTPFailure) -> String {
        switch failure.stage {
        case .connect: "is the server up, and are host and port right? `bgdemo inbox` runs one to try with"
        case .starttls: "trust its certificate by --smtp-ca-file, or, on a network you trust, --smtp-tls off"
        case .auth: "check --smtp-user and SMTP_PASSWORD; Gmail wants an app password"
        default: "ask the server's log"
        }
    }

    private func redis(_ configuration: ServeConfiguration, _ environment: EnvironmentVariables) async throws
        -> [DoctorFinding]
    {
        let named = try redis.url(environment)
        var options = try redis.options(environment)
        (options.connectTimeout, options.unavailableTimeout, options.commandTimeout) = (
            .seconds(3), .seconds(3), .seconds(3)
        )
        let url = try named ?? RedisURL(RedisArguments.usual)
        let diagnosis = RedisDiagnosis(
            url: url, options: options, configuration: configuration, strategies: serve.strategies, environment)
        do {
            return try await diagnosis.findings()
        } catch {
            guard named == nil else { return [.bad("redis", "\(url): \(error)", "is it up, and is the URL right?")] }
            guard let program = RedisArguments.program(environment) else {
                return [
                    .bad(
                        "redis", "none at \(url), and no redis-server on the PATH",
                        "apt-get install redis-server, or brew install redis; foreground and fire-and-forget need none")
                ]
            }
            return [.good("redis", "none at \(url); \(program) is there for a private one")]
        }
    }

    private func strategyFaults(_ environment: EnvironmentVariables) throws -> [DoctorFinding] {
        try serve.strategies.groups.flatMap { try $0.unusablePlaces(environment) }.map {
            .bad("files", $0, "serve does not start until it can")
        }
    }

    private func files() -> DoctorFinding {
        let files = CurrentProcess.openFiles
        let text = "\(files) files may be open"
        return files >= 4096
            ? .good("limits", text)
            : .bad("limits", "\(text): fewer connections than the server would take", "ulimit -n 65536")
    }
}

/// What was found of one part.
struct DoctorFinding: CustomStringConvertible {
    let isGood: Bool
    let description: String

    static func good(_ part: String, _ text: String) -> DoctorFinding {
        DoctorFinding(
            isGood: true, description: "\(TerminalStyle.ofOutput("good", .green))  \(part): \(printable(text))")
    }

    /// Good enough to work, and worth a thought.
    static func warning(_ part: String, _ text: String, _ advice: String) -> DoctorFinding {
        DoctorFinding(
            isGood: true,
            description: "\(TerminalStyle.ofOutput("warn", .yellow))  \(part): \(printable(text))\n      → \(advice)")
    }

    static func bad(_ part: String, _ text: String, _ advice: String) -> DoctorFinding {
        DoctorFinding(
            isGood: false,
            description: "\(TerminalStyle.ofOutput("bad", .red))   \(part): \(printable(text))\n      → \(advice)")
    }
}

extension Logger {
    /// Says nothing: the caller reports the result.
    static var silent: Logger { Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() } }
}
