import BgdemoEmail
import BgdemoFoundations

/// What the response says of an accepted mail.
public struct AcceptResult: Sendable, Hashable {
    /// The value of `"state"`: `sent`, `unknown`, `queued`, …
    public let state: String
    /// One sentence, where the state alone would mislead.
    public let note: String?
    /// What else the strategy reports, as JSON values by key: `("subscribers", "2")`.
    public let details: [Detail]

    /// A key and a JSON value that is already written.
    public struct Detail: Sendable, Hashable {
        public let key: String
        public let json: String

        /// - Parameter json: A value that is already written.
        public init(_ key: String, json: [UInt8]) {
            self.key = key
            self.json = String(decoding: json, as: UTF8.self)
        }

        public init(_ key: String, _ number: Int) {
            self.key = key
            self.json = String(number)
        }

        public init(_ key: String, _ text: String) {
            var json = JSONWriter(capacity: text.utf8.count + 2)
            json.string(text)
            self.key = key
            self.json = json.text
        }
    }

    public init(_ state: String, note: String? = nil, details: [Detail] = []) {
        self.state = state
        self.note = note
        self.details = details
    }
}
