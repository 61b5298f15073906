/// Formats figures with three significant digits and a unit. NaN and infinity are a dash.
package enum NumberText {
    /// From milliseconds: `0.42 ms`, `251 ms`, `2.01 s`, `1.5 min`.
    package static func time(_ milliseconds: Double) -> String {
        switch abs(milliseconds) {
        case ..<999.5: with("ms", milliseconds)
        case ..<99_950: with("s", milliseconds / 1000)
        case ..<5_997_000: with("min", milliseconds / 60_000)
        default: with("h", milliseconds / 3_600_000)
        }
    }

    package static func seconds(_ seconds: Double) -> String { time(seconds * 1000) }

    /// `12,345`
    package static func count(_ number: Int) -> String {
        (number < 0 ? "−" : "") + grouped(number.magnitude)
    }

    /// `100/s`
    package static func rate(_ rate: Double) -> String { rate.isFinite ? digits(rate) + "/s" : none }

    /// From bytes, in powers of 1000: `812 B`, `12.3 MB`.
    package static func bytes(_ bytes: Double) -> String {
        switch abs(bytes) {
        case ..<999.5: with("B", bytes)
        case ..<999_500: with("kB", bytes / 1e3)
        case ..<999_500_000: with("MB", bytes / 1e6)
        default: with("GB", bytes / 1e9)
        }
    }

    /// `×1.80`
    package static func ratio(_ ratio: Double) -> String { ratio.isFinite ? "×" + digits(ratio) : none }

    /// Three significant digits, and all digits before the point: `0.042`, `1.50`, `12.3`, `1,234`.
    package static func digits(_ value: Double) -> String {
        guard value.isFinite else { return none }
        let size = abs(value)
        guard size < 1e15 else { return "\(value)" }
        let decimals = size >= 99.95 || size == 0 ? 0 : size >= 9.995 ? 1 : size >= 0.0995 ? 2 : 3
        let power: UInt = [1, 10, 100, 1000][decimals]
        let scaled = UInt((size * Double(power)).rounded())
        let whole = (value < 0 && scaled > 0 ? "−" : "") + grouped(scaled / power)
        guard decimals > 0 else { return whole }
        let fraction = String(scaled % power)
        return "\(whole).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
    }

    /// For an axis, without trailing zeros: `5`, `0.5 ms`.
    static func short(_ figure: String) -> String {
        let number = figure.prefix { $0 != " " && $0 != "/" }
        guard number.contains(".") else { return figure }
        var digits = number
        while digits.last == "0" { digits.removeLast() }
        if digits.last == "." { digits.removeLast() }
        return String(digits) + figure[number.endIndex...]
    }

    package static let none = "–"

    private static func with(_ unit: String, _ value: Double) -> String {
        value.isFinite ? "\(digits(value)) \(unit)" : none
    }

    private static func grouped(_ number: UInt) -> String {
        var text = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
