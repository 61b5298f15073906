#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
package import BgdemoFoundations

/// What a job is called with: a JSON array, one element for each parameter of its `perform`.
public struct JobArguments: Sendable, Hashable {
    /// The array's JSON text.
    public let json: [UInt8]

    /// None: `[]`.
    public init() {
        json = Array("[]".utf8)
    }

    /// The array that is spelled in `json`; an order of members within it is kept.
    ///
    /// - Throws: ``InvalidJobArguments`` where it is no JSON array.
    public init(json: String) throws(InvalidJobArguments) {
        let bytes = Array(json.utf8)
        do {
            var reader = JSONReader(bytes, limits: .redis)
            try reader.beginArray()
            while try reader.nextElement() != nil {}
        } catch {
            throw InvalidJobArguments("the arguments are not a JSON array: \(error)")
        }
        self.json = bytes
    }

    /// An array of these, each as `JSONEncoder` has it; members of an object in the order of their names, so that the
    /// same arguments always have the same bytes.
    public init<each Argument: Encodable>(_ arguments: repeat each Argument) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        json = Array(try encoder.encode(PositionalArguments(values: (repeat each arguments))))
    }

    /// The array that is spelled in `json`, which is known to be one.
    package init(validated json: [UInt8]) {
        self.json = json
    }

    /// The first element alone.
    func first<Argument: Decodable>(as type: Argument.Type) throws -> Argument {
        try JSONReader.decode(ArgumentDecoder.self, from: json).next(as: type)
    }

    /// The characters of the only element, which is a string, as UTF-8.
    package func onlyString() throws(InvalidJobArguments) -> [UInt8] {
        guard let characters = onlyElement?.characters else {
            throw InvalidJobArguments("the job takes one argument, a string")
        }
        return characters
    }

    /// The members of the only element, an object of nothing but strings; nil where it is anything else. Ten times as fast
    /// as ``decode(as:)``, which says what is wrong.
    package func onlyTexts() -> [ByteString: String]? {
        guard let element = onlyElement, element.kind == .object else { return nil }
        var texts: [ByteString: String] = [:]
        for (name, value) in element.members {
            guard let name = name.characters, let text = value.text else { return nil }
            texts[ByteString(name)] = text
        }
        return texts
    }

    /// The element where there is one and no other.
    private var onlyElement: JSONValue? {
        var reader = JSONReader(json, limits: .redis)
        do {
            try reader.beginArray()
            guard let element = try reader.nextElement(), try reader.nextElement() == nil else { return nil }
            return element
        } catch {
            return nil
        }
    }

    /// The elements as the types of the parameters they are for. An optional parameter at the end may be left out.
    package func decode<each Argument: Decodable>(
        as types: repeat (each Argument).Type
    ) throws(InvalidJobArguments) -> (repeat each Argument) {
        do {
            let elements = try JSONReader.decode(ArgumentDecoder.self, from: json)
            let arguments = (repeat try elements.next(as: (each Argument).self))
            try elements.finish()
            return arguments
        } catch let error as InvalidJobArguments {
            throw error
        } catch let error as DecodingError {
            throw InvalidJobArguments(explaining: error)
        } catch {
            throw InvalidJobArguments("the arguments can't be decoded: \(error)")
        }
    }
}

/// The arguments of a job are not what its `perform` takes; the text says which, and what it takes.
public struct InvalidJobArguments: Error, Sendable, CustomStringConvertible {
    /// What is wrong, for a person to read.
    public let description: String

    init(_ description: String) { self.description = description }

    init(explaining error: DecodingError) {
        let (context, what): (DecodingError.Context, String) =
            switch error {
            case .typeMismatch(let type, let context): (context, "is not a \(type)")
            case .valueNotFound(let type, let context): (context, "is null, where a \(type) is needed")
            case .keyNotFound(let key, let context): (context, "has no \"\(key.stringValue)\"")
            case .dataCorrupted(let context): (context, "is not valid: \(context.debugDescription)")
            @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "can't be decoded")
            }
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        self.init("args\(path) \(what)")
    }
}

/// A JSON array of values of different types.
private struct PositionalArguments<each Value: Encodable>: Encodable {
    let values: (repeat each Value)

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for value in repeat each values { try container.encode(value) }
    }
}

/// A JSON array that is decoded one element after the other, each as the type of its parameter.
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
        throw InvalidJobArguments("the job has \(given) arguments, too few: argument \(taken) is to be a \(type)")
    }

    func finish() throws {
        guard container.isAtEnd else {
            throw InvalidJobArguments("the job has \(given) arguments, too many: it takes \(taken)")
        }
    }
}
