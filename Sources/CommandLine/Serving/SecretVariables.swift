/// The environment variables that hold a secret, or say where one is.
enum SecretVariables {
    /// Those that only a process that sends mails needs.
    static let ofMail = ["SMTP_URL", "SMTP_PASSWORD", "SMTP_PASSWORD_FILE", "SMTP_TOKEN", "SMTP_TOKEN_FILE"]
    /// Those that only a web server needs.
    static let ofWeb = ["BGDEMO_TOKEN", "BGDEMO_TOKEN_FILE"]
    /// Those that no child of a master needs.
    static let ofOthers = ["REDIS_URL", "INBOX_PASSWORD", "INBOX_PASSWORD_FILE"]

    /// Changes of an environment that remove these variables.
    static func removing(_ names: [String]) -> [String: String?] {
        Dictionary(names.map { ($0, nil) }) { first, _ in first }
    }
}
