import BgdemoHTTPServer

/// What identifies a request that may come again.
struct IdempotencyKey: Sendable {
    /// The client's key, which is ASCII; of a mail of a batch, its number too.
    let text: String

    /// - Parameter text: The value of `Idempotency-Key`.
    /// - Throws: `Problem` where it is not 1 to 256 printable ASCII characters.
    init(_ text: String) throws(Problem) {
        guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) else {
            throw Problem(.badRequest, "Idempotency-Key is not 1 to 256 printable ASCII characters")
        }
        self.text = text
    }

    private init(key: IdempotencyKey, number: Int) {
        // No client's key has this byte: the keys of a batch are none of another request.
        text = "\(key.text)\u{1f}\(number)"
    }

    /// The key of one mail of a batch that has this key.
    func ofMail(_ number: Int) -> IdempotencyKey { IdempotencyKey(key: self, number: number) }
}
