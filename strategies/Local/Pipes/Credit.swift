/// How many mails, and how many bytes of them, a web server may still send to the master.
package struct Credit: Sendable, Equatable {
    package var mails: Int
    package var bytes: Int

    package init(mails: Int = 0, bytes: Int = 0) {
        self.mails = mails
        self.bytes = bytes
    }

    package static func + (one: Credit, other: Credit) -> Credit {
        Credit(mails: one.mails + other.mails, bytes: one.bytes + other.bytes)
    }

    package static func - (one: Credit, other: Credit) -> Credit {
        Credit(mails: one.mails - other.mails, bytes: one.bytes - other.bytes)
    }
}
