/// Text from outside as the text or an attribute's value of HTML, XML and SVG.
public enum HTMLEscaping {
    /// `text` with `& < > " '` as references and without carriage returns. Characters that can't be seen, or that turn
    /// the direction of the words around them (Trojan Source), are shown as `U+202E`; a newline, a tab, and the joiners
    /// that emoji and Persian words are made with stay.
    ///
    /// - Parameter unprintable: What `U+202E` and the like become. Default: they stay so.
    public static func escape(_ text: some StringProtocol, unprintable: (String) -> String = { $0 }) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count + text.utf8.count / 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\r": continue
            case "\n", "\t", "\u{200c}", "\u{200d}": escaped.unicodeScalars.append(scalar)
            case _ where scalar.isUnprintable:
                escaped += unprintable("U+\(String(scalar.value, radix: 16, uppercase: true))")
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
