/// Reads JSON text (RFC 8259) strictly, in linear time and within limits: it says where things are, copies nothing and
/// does not recurse.
///
///     var reader = JSONReader(bytes)
///     try reader.beginObject()
///     while let member = try reader.nextMember() {
///         switch member.name {
///         case "class": className = member.value
///         default: break
///         }
///     }
///
/// A caller may stop at what it looks for; what follows is then not checked. Of two members with one name both
/// come; see ``JSONObject``.
public struct JSONReader: Sendable {
    /// What a text may be at most.
    public struct Limits: Sendable {
        /// Bytes of text. Default: 64 MiB.
        public var bytes = 64 << 20
        /// Objects and arrays inside one another. Default: 512, as `JSONDecoder` has it.
        public var depth = 512
        /// Values, names of members among them. Default: 1,000,000.
        public var values = 1_000_000
        /// Whether the text must be UTF-8, as RFC 8259 demands. Default: it must.
        public var requiresUTF8 = true
        /// Whether names must be stream-safe, so that a `String` of them is compared and hashed in linear time. Default:
        /// they need not be.
        public var requiresStreamSafeNames = false

        public init() {}

        public static let standard = Limits()
    }

    public typealias Member = (name: JSONValue, value: JSONValue)

    private let bytes: [UInt8]
    private var position: Int
    private let end: Int
    private let limits: Limits
    private var valuesLeft: Int
    private var isFirst = true
    /// What will close the containers that the scanned value has open.
    private var closings = ClosingBrackets()

    /// - Parameter range: Where in `bytes` the text stands. Default: it is all of them.
    public init(_ bytes: [UInt8], in range: Range<Int>? = nil, limits: Limits = .standard) {
        self.bytes = bytes
        self.limits = limits
        // A range that is not within the bytes is an empty text.
        let range = range?.clamped(to: bytes.indices) ?? bytes.indices
        (position, end) = (range.lowerBound, range.upperBound)
        valuesLeft = limits.values
    }

    // MARK: The outermost value

    /// - Throws: ``JSONError`` where the text is not the beginning of an object.
    public mutating func beginObject() throws(JSONError) { try begin("{", "an object") }

    /// - Throws: ``JSONError`` where the text is not the beginning of an array.
    public mutating func beginArray() throws(JSONError) { try begin("[", "an array") }

    /// The next member of the object; nil after the last, when nothing follows the object.
    ///
    /// - Throws: ``JSONError`` where the text is not JSON or passes a limit.
    public mutating func nextMember() throws(JSONError) -> Member? {
        guard try advance(to: "}", of: "an object") else { return nil }
        let name = try scanName()
        let value = try scanValue()
        return (JSONValue(bytes, name), JSONValue(bytes, value))
    }

    /// The next element of the array; nil after the last, when nothing follows the array.
    ///
    /// - Throws: ``JSONError`` where the text is not JSON or passes a limit.
    public mutating func nextElement() throws(JSONError) -> JSONValue? {
        guard try advance(to: "]", of: "an array") else { return nil }
        return JSONValue(bytes, try scanValue())
    }

    /// The one value, of any kind, that the text is.
    ///
    /// - Throws: ``JSONError`` where the text is not JSON, passes a limit, or has anything behind the value.
    public mutating func onlyValue() throws(JSONError) -> JSONValue {
        try check()
        let value = try scanValue()
        try expectEnd()
        return JSONValue(bytes, value)
    }

    private func check() throws(JSONError) {
        guard end - position <= limits.bytes else {
            throw JSONError(.tooLarge, at: position + limits.bytes, "more than \(limits.bytes) bytes of JSON")
        }
        guard !limits.requiresUTF8 || bytes[position..<end].isValidUTF8 else {
            throw JSONError(.notUTF8, at: position, "UTF-8 expected")
        }
    }

    private mutating func begin(_ opening: Unicode.Scalar, _ what: String) throws(JSONError) {
        try check()
        skipSpace()
        guard take(opening) else { throw error("\(what) expected", .wrongKind) }
    }

    private mutating func advance(to closing: Unicode.Scalar, of what: String) throws(JSONError) -> Bool {
        skipSpace()
        if take(closing) {
            try expectEnd()
            return false
        }
        if isFirst {
            isFirst = false
        } else if !take(",") {
            throw error("a comma or the end of \(what) expected")
        }
        return true
    }

    private mutating func expectEnd() throws(JSONError) {
        skipSpace()
        guard position == end else { throw error("the end expected") }
    }

    // MARK: Any value

    /// Passes over one value of any depth and says where it is.
    private mutating func scanValue() throws(JSONError) -> Range<Int> {
        skipSpace()
        let start = position
        if peek == UInt8(ascii: "\"") {
            // As of most members.
            try countValue()
            try scanString()
            return start..<position
        }
        repeat {
            if let closing = try open() {
                guard closings.count < limits.depth else {
                    throw error("at most \(limits.depth) levels expected", .tooDeep)
                }
                closings.append(closing)
            } else {
                try closeWhatEnds()
            }
        } while !closings.isEmpty
        return start..<position
    }

    /// Passes over a scalar or an empty container; or over the beginning of another, and says what will close that.
    private mutating func open() throws(JSONError) -> UInt8? {
        skipSpace()
        try countValue()
        guard let opening = peek, opening == UInt8(ascii: "{") || opening == UInt8(ascii: "[") else {
            try scanScalar()
            return nil
        }
        position += 1
        skipSpace()
        // In ASCII the closing bracket stands two places after its opening one.
        let closing = opening + 2
        if peek == closing {
            position += 1
            return nil
        }
        if opening == UInt8(ascii: "{") { _ = try scanName() }
        return closing
    }

    private mutating func countValue() throws(JSONError) {
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw error("at most \(limits.values) values expected", .tooManyValues) }
    }

    /// After a value: a comma, or the ends of the containers that end here.
    private mutating func closeWhatEnds() throws(JSONError) {
        while let closing = closings.last {
            skipSpace()
            if take(",") {
                if closing == UInt8(ascii: "}") { _ = try scanName() }
                return
            }
            guard peek == closing else { throw error("a comma or the end of the list expected") }
            position += 1
            closings.removeLast()
        }
    }

    private mutating func scanName() throws(JSONError) -> Range<Int> {
        skipSpace()
        let start = position
        try scanString()
        let range = start..<position
        valuesLeft -= 1
        if limits.requiresStreamSafeNames, !bytes[range].isPlainASCII,
            JSONValue(bytes, range).text?.isStreamSafe != true
        {
            throw JSONError(.unsafeName, at: start, "a name of fewer combining marks expected")
        }
        skipSpace()
        guard take(":") else { throw error("a colon expected") }
        return range
    }

    // MARK: Scalars

    private mutating func scanScalar() throws(JSONError) {
        switch peek {
        case UInt8(ascii: "\""): try scanString()
        case UInt8(ascii: "t"): try scan("true")
        case UInt8(ascii: "f"): try scan("false")
        case UInt8(ascii: "n"): try scan("null")
        default: try scanNumber()
        }
    }

    private mutating func scan(_ word: StaticString) throws(JSONError) {
        guard word.utf8CodeUnitCount <= end - position, bytes.has(word, at: position) else {
            throw error("\(word) expected")
        }
        position += word.utf8CodeUnitCount
    }

    private mutating func scanString() throws(JSONError) {
        guard take("\"") else { throw error("a string expected") }
        while true {
            position = bytes.endOfPlainCharacters(in: position..<end)
            guard let byte = peek else { throw error("the end of the string expected") }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                position += 1
                try scanEscape()
            default: throw error("an escape for the control character expected")
            }
        }
    }

    private mutating func scanEscape() throws(JSONError) {
        guard let byte = peek else { throw error("an escape expected") }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                guard peek?.hexDigitValue != nil else { throw error("four hexadecimal digits expected") }
                position += 1
            }
        default: throw error("an escape expected")
        }
    }

    private mutating func scanNumber() throws(JSONError) {
        _ = take("-")
        if !take("0") { try scanDigits("a value") }
        if take(".") { try scanDigits("a digit") }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try scanDigits("a digit")
        }
    }

    private mutating func scanDigits(_ expected: String) throws(JSONError) {
        let start = position
        while let byte = peek, byte.isASCIIDigit { position += 1 }
        guard position > start else { throw error("\(expected) expected") }
    }

    // MARK: Bytes

    private var peek: UInt8? { position < end ? bytes[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard let byte = peek, Unicode.Scalar(byte) == scalar else { return false }
        position += 1
        return true
    }

    @inline(__always) private mutating func skipSpace() {
        // None is there, as a rule.
        if position < end, bytes[position] > 0x20 { return }
        skipSpaceThatIsThere()
    }

    @inline(never) private mutating func skipSpaceThatIsThere() {
        while let byte = peek, byte <= 0x20, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            position += 1
        }
    }

    private func error(_ reason: String, _ code: JSONError.Code = .syntax) -> JSONError {
        JSONError(code, at: position, reason)
    }
}
