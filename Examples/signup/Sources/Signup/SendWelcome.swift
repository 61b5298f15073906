import Resque

/// The job that welcomes a new user.
public struct SendWelcome: JobParameters, Hashable {
    public static let jobName = "sendWelcome"
    public static let queue = "mails"

    public let address: String

    public init(address: String) { self.address = address }
}

/// Who sends mails; a test has one of its own.
public protocol Mailer: Sendable {
    func send(_ text: String, to address: String) async throws
}

extension Jobs {
    /// The jobs of this service. A mail that is not sent is tried again, later and later.
    public static func signup(_ mailer: any Mailer) -> Jobs {
        var jobs = Jobs()
        jobs.register(SendWelcome.self, plugins: [Retry(attempts: 5)]) { job, welcome in
            try await mailer.send("Welcome!", to: welcome.address)
        }
        return jobs
    }
}
