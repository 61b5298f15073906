import BgdemoCore
import ArgumentParser
import BgdemoHTTPServer
import BgdemoWeb

/// Who may send mails to the inbox and read them.
struct InboxAccessOptions: ParsableArguments {
    @Option(
        help:
            ArgumentHelp(
                "A file with the token that the pages ask for beyond loopback: on a sign-in page, as Bearer, or as the password of any user (BGDEMO_TOKEN, BGDEMO_TOKEN_FILE).",
                valueName: "file"), completion: .file())
    var tokenFile: String?

    @Flag(
        help:
            "Let anyone who reaches the inbox send mails to it and, without a token, read them (BGDEMO_ANYONE_MAY_SEND=yes)."
    )
    var anyoneMaySend = false

    @Option(
        help:
            ArgumentHelp(
                "Another name that the pages answer to; may be repeated (BGDEMO_PUBLIC_HOST, a list with commas). Default: localhost, addresses and names without a dot.",
                valueName: "name")
    )
    var publicHost: [String] = []

    @Flag(help: "Let the pages delete mails beyond loopback, too (BGDEMO_PAGES_MAY_ACT=yes).")
    var pagesMayAct = false

    /// Refuses to listen beyond loopback where nothing restricts who may read.
    func check(_ host: String, _ environment: EnvironmentVariables) throws {
        try ListenOptions.checkReach(
            of: host, isRestricted: try token(environment) != nil, anyone: anyoneMaySend, environment)
    }

    /// Who may read the pages, and act on them.
    func pageAccess(_ host: String, _ environment: EnvironmentVariables) throws -> PageAccess {
        PageAccess(
            listeningOn: host, token: try token(environment), anyoneMayRead: true,
            mayAct: try ListenOptions.pagesMayAct(pagesMayAct, environment),
            publicHosts: try ListenOptions.publicHosts(publicHost, environment))
    }

    /// The pages, under this server's own names alone.
    func guarding(
        _ pages: any HTTPHandler, _ host: String, _ environment: EnvironmentVariables
    ) throws -> any HTTPHandler {
        let publicHosts = try ListenOptions.publicHosts(publicHost, environment)
        let asksForToken = HostCheck.isReachedByOthers(listeningOn: host, publicHosts: publicHosts)
        return RequestGuard(
            pages, hosts: HostCheck(listeningOn: host, publicHosts: publicHosts, isStrict: true),
            token: asksForToken ? try token(environment) : nil)
    }

    private func token(_ environment: EnvironmentVariables) throws -> BearerToken? {
        try environment.secret("BGDEMO_TOKEN", file: tokenFile).map { BearerToken($0) }
    }
}
