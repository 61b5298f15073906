/// A strict look at JSON text (RFC 8259) that says where things are, copies nothing and does not recurse: a job's
/// bytes are spliced into what is written about it, never decoded and encoded again.
package struct JSONScanner {
    package struct Fault: Error, CustomStringConvertible {
        let place: Int
        let expected: String

        package var description: String { "\(expected) expected at byte \(place)" }
    }

    let bytes: [UInt8]
    private(set) var place: Int
    private let end: Int

    package init(_ bytes: [UInt8], in range: Range<Int>? = nil) {
        self.bytes = bytes
        place = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
    }

    /// The members of the object that the text is; of two with one name the later one counts, as everywhere.
    package mutating func members(_ take: (_ name: Range<Int>, _ value: Range<Int>) -> Void) throws(Fault) {
        try list("{", "}", "an object") { scanner throws(Fault) in
            let name = try scanner.name()
            take(name, try scanner.value())
        }
    }

    /// The elements of the array that the text is.
    mutating func elements() throws(Fault) -> [Range<Int>] {
        var elements: [Range<Int>] = []
        try list("[", "]", "an array") { scanner throws(Fault) in elements.append(try scanner.value()) }
        return elements
    }

    private mutating func list(
        _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ what: String, item: (inout Self) throws(Fault) -> Void
    ) throws(Fault) {
        skipSpace()
        guard take(opening) else { throw fault(what) }
        skipSpace()
        if !take(closing) {
            repeat {
                skipSpace()
                try item(&self)
                skipSpace()
            } while take(",")
            guard take(closing) else { throw fault("a comma or the end of \(what)") }
        }
        skipSpace()
        guard place == end else { throw fault("the end") }
    }

    /// Passes over one value of any depth and says where it is.
    private mutating func value() throws(Fault) -> Range<Int> {
        skipSpace()
        let start = place
        var awaited: [UInt8] = []
        repeat {
            if let closing = try begin() {
                awaited.append(closing)
            } else {
                try finish(&awaited)
            }
        } while !awaited.isEmpty
        return start..<place
    }

    /// Passes over a scalar or an empty container; or over the beginning of another, and says what will close that.
    private mutating func begin() throws(Fault) -> UInt8? {
        skipSpace()
        guard let opening = peek, opening == UInt8(ascii: "{") || opening == UInt8(ascii: "[") else {
            try scalar()
            return nil
        }
        place += 1
        skipSpace()
        // In ASCII the closing bracket stands two places after its opening one.
        let closing = opening + 2
        if peek == closing {
            place += 1
            return nil
        }
        if opening == UInt8(ascii: "{") { _ = try name() }
        return closing
    }

    /// After a value: a comma, or the ends of the containers that end here.
    private mutating func finish(_ awaited: inout [UInt8]) throws(Fault) {
        while let closing = awaited.last {
            skipSpace()
            if take(",") {
                skipSpace()
                if closing == UInt8(ascii: "}") { _ = try name() }
                return
            }
            guard peek == closing else { throw fault("a comma or the end of the list") }
            place += 1
            awaited.removeLast()
        }
    }

    private mutating func name() throws(Fault) -> Range<Int> {
        let start = place
        try string()
        let range = start..<place
        skipSpace()
        guard take(":") else { throw fault("a colon") }
        return range
    }

    private mutating func scalar() throws(Fault) {
        switch peek {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
    }

    private mutating func word(_ word: StaticString) throws(Fault) {
        for scalar in "\(word)".unicodeScalars {
            guard take(scalar) else { throw fault("\(word)") }
        }
    }

    private mutating func string() throws(Fault) {
        guard take("\"") else { throw fault("a string") }
        while let byte = peek {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try escape()
            case ..<0x20: throw fault("an escape for the control character")
            default: break
            }
        }
        throw fault("the end of the string")
    }

    private mutating func escape() throws(Fault) {
        guard let byte = peek else { throw fault("an escape") }
        place += 1
        if byte == UInt8(ascii: "u") {
            for _ in 0..<4 {
                guard let digit = peek, Unicode.Scalar(digit).properties.isASCIIHexDigit else {
                    throw fault("four hexadecimal digits")
                }
                place += 1
            }
        } else if !"\"\\/bfnrt".utf8.contains(byte) {
            throw fault("an escape")
        }
    }

    private mutating func number() throws(Fault) {
        _ = take("-")
        if !take("0") { try digits("a value") }
        if take(".") { try digits("a digit") }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits("a digit")
        }
    }

    private mutating func digits(_ expected: String) throws(Fault) {
        let start = place
        while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { place += 1 }
        guard place > start else { throw fault(expected) }
    }

    private var peek: UInt8? { place < end ? bytes[place] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard let byte = peek, Unicode.Scalar(byte) == scalar else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { place += 1 }
    }

    private func fault(_ expected: String) -> Fault { Fault(place: place, expected: expected) }
}
