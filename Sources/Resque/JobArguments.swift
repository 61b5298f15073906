import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The arguments of a job: a JSON array, with one element for each parameter of its `perform`.
public struct JobArguments: Sendable, Hashable {
    /// The array's JSON text.
    public let json: [UInt8]

    /// No arguments: `[]`.
    public init() {
        json = Array("[]".utf8)
    }

    /// The array that `json` spells; the order of an object's members is kept.
    ///
    /// - Throws: ``InvalidJobArguments`` where it is no JSON array.
    public init(json: String) throws(InvalidJobArguments) { try self.init(json: Array(json.utf8)) }

    /// The array that `json` spells; the order of an object's members is kept.
    ///
    /// - Throws: ``InvalidJobArguments`` where it is no JSON array.
    public init(json: [UInt8]) throws(InvalidJobArguments) {
        do {
            var reader = JSONReader(json, limits: .redis)
            try reader.beginArray()
            while try reader.nextElement() != nil {}
        } catch {
            throw InvalidJobArguments("the arguments are not a JSON array: \(error)")
        }
        self.json = json
    }

    /// An array of these values, each as `JSONEncoder` writes it; the members of an object are in the order of their
    /// names, so that equal arguments have equal bytes.
    ///
    /// - Throws: ``ResqueError`` with the code ``ResqueError/Code/invalidArguments``.
    public init<each Argument: Encodable>(_ arguments: repeat each Argument) throws(ResqueError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            json = Array(try encoder.encode(PositionalArguments(values: (repeat each arguments))))
        } catch {
            throw ResqueError(.invalidArguments, "the arguments cannot be encoded as JSON", error)
        }
    }

    /// One argument, a string of these characters.
    ///
    /// - Parameter string: UTF-8.
    public init(string: [UInt8]) {
        var json = JSONWriter(capacity: string.count * 5 / 4 + 4)
        json.array { $0.string(string) }
        self.json = json.bytes
    }

    /// The array that `json` spells, which is known to be one.
    package init(validated json: [UInt8]) {
        self.json = json
    }

    /// The elements, as the types of the parameters they are for. An optional parameter at the end may be missing.
    ///
    /// ```swift
    /// let (mail, count) = try job.arguments.decode(Mail.self, Int?.self)
    /// ```
    ///
    /// - Throws: ``InvalidJobArguments``, which says which element is wrong.
    public func decode<each Argument: Decodable>(
        _ types: repeat (each Argument).Type
    ) throws(InvalidJobArguments) -> (repeat each Argument) {
        try decodeElements { elements in (repeat try elements.next(as: (each Argument).self)) }
    }

    /// The same, with the first element apart.
    func decode<First: Decodable, each Rest: Decodable>(
        first: First.Type, rest: repeat (each Rest).Type
    ) throws(InvalidJobArguments) -> (first: First, rest: (repeat each Rest)) {
        try decodeElements { elements in
            (try elements.next(as: First.self), (repeat try elements.next(as: (each Rest).self)))
        }
    }

    private func decodeElements<Result>(
        _ body: (ArgumentDecoder) throws -> Result
    ) throws(InvalidJobArguments) -> Result {
        do {
            let elements = try JSONReader.decode(ArgumentDecoder.self, from: json, dates: .iso8601OrDefault)
            let result = try body(elements)
            try elements.finish()
            return result
        } catch let error as InvalidJobArguments {
            throw error
        } catch let error as DecodingError {
            throw InvalidJobArguments(explaining: error)
        } catch {
            let error = JSONReader.explanation(of: error, in: json) ?? error
            throw InvalidJobArguments("the arguments cannot be decoded: \(error)")
        }
    }

    /// The first element alone.
    func first<Argument: Decodable>(as type: Argument.Type) throws -> Argument {
        try JSONReader.decode(ArgumentDecoder.self, from: json, dates: .iso8601OrDefault).next(as: type)
    }

    /// The characters of the only element, which is a string, as UTF-8.
    ///
    /// - Throws: ``InvalidJobArguments`` where they are not one string.
    public func onlyString() throws(InvalidJobArguments) -> [UInt8] {
        var reader = JSONReader(json, limits: .redis)
        do {
            try reader.beginArray()
            if let characters = try reader.nextElement()?.characters, try reader.nextElement() == nil {
                return characters
            }
        } catch {
            // It is said below.
        }
        throw InvalidJobArguments("the job takes one argument, a string")
    }
}

/// The arguments of a job are not those that its `perform` takes.
public struct InvalidJobArguments: Error, Sendable, CustomStringConvertible {
    /// What is wrong, as a sentence.
    public let description: String

    init(_ description: String) { self.description = description }

    init(explaining error: DecodingError) {
        let (context, what): (DecodingError.Context, String) =
            switch error {
            case .typeMismatch(let type, let context): (context, "is not \(Self.kind(type))")
            case .valueNotFound(let type, let context): (context, "is null, where \(Self.kind(type)) is required")
            case .keyNotFound(let key, let context): (context, "has no \"\(printable(key.stringValue, limit: 200))\"")
            case .dataCorrupted(let context): (context, Self.complaint(context.debugDescription))
            @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "cannot be decoded")
            }
        let path = context.codingPath.map { key in
            key.intValue.map { "[\($0)]" } ?? ".\(printable(key.stringValue, limit: 200))"
        }.joined()
        self.init("args\(path) \(what)")
    }

    /// The description of the error, unless it is one of Foundation or Swift that names a Swift type: `Parsed JSON number
    /// <300> does not fit in UInt8.`, `Cannot initialize Color from invalid String value red`.
    private static func complaint(_ words: String) -> String {
        let texts = ["does not fit in", "not representable in Swift", "Cannot initialize"].map { Array($0.utf8) }
        switch texts.firstIndex(where: { Array(words.utf8).firstRange(ofBytes: $0) != nil }) {
        case 0, 1: return "is out of range"
        case 2: return "is none of the values that are known"
        default: return "is not valid: \(words)"
        }
    }

    /// What a Swift type is in JSON: other programs' people read this, too.
    fileprivate static func kind(_ type: any Any.Type) -> String {
        switch type {
        case is String.Type, is String?.Type: "a string"
        case is Bool.Type, is Bool?.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is any JSONArrayType.Type: "an array"
        default: "an object of the right form"
        }
    }
}

private protocol JSONArrayType {}
extension Array: JSONArrayType {}

/// A JSON array of values of different types.
private struct PositionalArguments<each Value: Encodable>: Encodable {
    let values: (repeat each Value)

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for value in repeat each values { try container.encode(value) }
    }
}

/// A JSON array that is decoded one element after another, each as the type of its parameter.
private final class ArgumentDecoder: Decodable {
    private var container: any UnkeyedDecodingContainer
    private let given: Int
    private var taken = 0

    init(from decoder: any Decoder) throws {
        container = try decoder.unkeyedContainer()
        given = container.count ?? 0
    }

    func next<Value: Decodable>(as type: Value.Type) throws -> Value {
        taken += 1
        guard container.isAtEnd else { return try container.decode(type) }
        if let none = (type as? any ExpressibleByNilLiteral.Type)?.init(nilLiteral: ()) as? Value { return none }
        throw InvalidJobArguments(
            "the job has \(given) arguments, too few: argument \(taken) is \(InvalidJobArguments.kind(type))")
    }

    func finish() throws {
        guard container.isAtEnd else {
            throw InvalidJobArguments("the job has \(given) arguments, too many: it takes \(taken)")
        }
    }
}
