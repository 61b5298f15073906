/// Why an inbox can't start: settings that contradict each other, a file that can't be read, a port that is taken.
public struct InboxError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
