import BgdemoEmail

/// The names that errors of mails have in other programs, such as in Resque's `failed`.
public enum DeliveryErrorName {
    /// Nil for an error of another kind.
    public static func name(of error: any Error) -> String? {
        switch error {
        case let error as SendError:
            switch error.outcome {
            case .permanent: "MailRefused"
            case .unknown: "MailPerhapsSent"
            case .temporary, .sent: "MailNotSent"
            }
        case is InvalidEmail: "InvalidMail"
        case is AcceptError: "TooManyMails"
        case is LineFileError: "FileError"
        default: nil
        }
    }
}
