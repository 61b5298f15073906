package import BgdemoCore
package import BgdemoEmail

/// The master knows what became of a mail.
extension MasterConnection: MailStatusStore {
    package func record(accepted state: String, _ id: EmailID) {}

    package func record(_ status: MailStatus, _ id: EmailID) {}

    package func status(of id: EmailID) async throws(AcceptError) -> MailStatus? {
        try await statusQueries.status(of: id)
    }
}
