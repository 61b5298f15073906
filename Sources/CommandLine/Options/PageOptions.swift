import ArgumentParser
import BgdemoCore
import BgdemoHTTPServer
import BgdemoWeb
import Logging
import NIOPosix
import ServiceLifecycle

/// Where a verb's pages listen, and who may act on them.
struct PageOptions: ParsableArguments {
    @Flag(help: "Show it as pages in a browser, until SIGTERM or SIGINT.")
    var serve = false

    @Option(help: "The address that the pages listen on (HOST). Default: 127.0.0.1.")
    var host: String?

    @Option(help: "The port of the pages, 0 for any (BGDEMO_PAGE_PORT). Default: 8090.", transform: Int.parse)
    var pagePort: Int?

    @Option(
        help: "A file with the token to sign in with; needed beyond loopback (BGDEMO_TOKEN, BGDEMO_TOKEN_FILE).")
    var tokenFile: String?

    @Option(
        help:
            "Another name that the pages answer to; may be repeated (BGDEMO_PUBLIC_HOST, a list with commas). Default: localhost, addresses and names without a dot."
    )
    var publicHost: [String] = []

    @Flag(help: "Let the pages retry, remove and pause beyond loopback, too (BGDEMO_PAGES_MAY_ACT=yes).")
    var pagesMayAct = false

    /// Serves these sections until the process is told to stop.
    ///
    /// - Parameter name: What the first line calls it.
    func serve(_ sections: [any PageSection], as name: String, logger: Logger) async throws {
        let environment = EnvironmentVariables.process
        let host = try environment.value(host, "HOST") ?? "127.0.0.1"
        let port = try environment.value(pagePort, "BGDEMO_PAGE_PORT") ?? 8090
        guard (0...65_535).contains(port) else { throw ValidationError("a port is from 0 to 65535") }
        let token = try environment.secret("BGDEMO_TOKEN", file: tokenFile).map { BearerToken($0) }
        guard HostName(host).isLoopback || token != nil else {
            throw ValidationError("others can reach \(host): specify a --token-file")
        }
        let publicHosts = try ListenOptions.publicHosts(publicHost, environment)
        let asksForToken = HostCheck.isReachedByOthers(listeningOn: host, publicHosts: publicHosts)
        let access = PageAccess(
            listeningOn: host, token: token, mayAct: try ListenOptions.pagesMayAct(pagesMayAct, environment),
            publicHosts: publicHosts)
        CurrentProcess.prepare()
        let server = try await HTTPServer.start(
            host: host, port: port, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            handler: RequestGuard(
                WebSite(sections, access: access, logger: logger),
                hosts: HostCheck(listeningOn: host, publicHosts: publicHosts, isStrict: true),
                token: asksForToken ? token : nil))
        let url = "http://\(host.contains(":") ? "[\(host)]" : host):\(server.port)\(sections.first?.home ?? "/")"
        try await ServiceGroup.run([PageService(server: server, line: "bgdemo \(name) · page \(url)")])
    }
}

/// The pages, until they are told to stop.
private struct PageService: Service {
    let server: HTTPServer
    let line: String

    func run() async throws {
        ResultOutput.say(line)
        try await gracefulShutdown()
        await server.drain(within: .seconds(2))
    }
}
