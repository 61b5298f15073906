import BgdemoCore
import ArgumentParser
import BgdemoHTTPServer

/// Who may send mails to the inbox and read them.
struct InboxAccessOptions: ParsableArguments {
    @Option(
        help:
            "A file with the token that the pages ask for beyond loopback, as Bearer or as the password of any user (BGDEMO_TOKEN, BGDEMO_TOKEN_FILE)."
    )
    var tokenFile: String?

    @Flag(
        help:
            "Let anyone who reaches the inbox send mails to it and, without a token, read them (BGDEMO_ANYONE_MAY_SEND=yes)."
    )
    var anyoneMaySend = false

    @Option(
        help:
            "Another name that the pages answer to; may be repeated (BGDEMO_PUBLIC_HOST, a list with commas). Default: localhost, addresses and names without a dot."
    )
    var publicHost: [String] = []

    /// Refuses to listen beyond loopback where nothing restricts who may read.
    func check(_ host: String, _ environment: EnvironmentVariables) throws {
        try ListenOptions.checkReach(
            of: host, isRestricted: try token(environment) != nil, anyone: anyoneMaySend, environment)
    }

    /// The pages, for those alone who may read them.
    func guarding(
        _ pages: any HTTPHandler, listeningOn host: String, _ environment: EnvironmentVariables
    ) throws -> any HTTPHandler {
        let token = try HostName(host).isLoopback ? nil : token(environment)
        return RequestGuard(
            token.map { ProtectedPage(pages, token: $0) } ?? pages,
            hosts: HostCheck(
                listeningOn: host, publicHosts: try ListenOptions.publicHosts(publicHost, environment), isStrict: true),
            token: token)
    }

    private func token(_ environment: EnvironmentVariables) throws -> BearerToken? {
        try environment.secret("BGDEMO_TOKEN", file: tokenFile).map { BearerToken($0) }
    }
}
