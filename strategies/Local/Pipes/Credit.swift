/// How much more the master takes.
package struct Credit: Sendable, Equatable {
    package var mails: Int
    package var bytes: Int

    package init(mails: Int = 0, bytes: Int = 0) {
        self.mails = mails
        self.bytes = bytes
    }
}
