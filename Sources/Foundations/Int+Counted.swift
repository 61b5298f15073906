extension Int {
    /// The number with what it counts: `1 mail`, `2 mails`.
    ///
    /// - Parameter many: The plural. Default: with an s.
    package func counted(_ one: String, _ many: String? = nil) -> String {
        "\(self) \(self == 1 ? one : many ?? one + "s")"
    }
}
