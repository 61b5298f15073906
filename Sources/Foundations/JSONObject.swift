/// The members of a JSON object by their names, in their order.
public struct JSONObject: Sendable {
    /// What two members with one name mean.
    public enum Duplicates: Sendable {
        /// The later value counts, in the place of the earlier, as in Ruby, node and most other programs.
        case lastWins
        /// The object is refused.
        case refused
    }

    /// In the order of the text.
    public private(set) var members: [(name: ByteString, value: JSONValue)] = []
    /// Where each is, once there are 16: the sender chooses how many.
    public private(set) var places: [ByteString: Int] = [:]
    private static let few = 16

    /// - Parameter duplicates: What two members with one name mean. Default: the later one counts.
    /// - Throws: ``JSONError`` where the bytes are not an object.
    public init(
        _ bytes: [UInt8], duplicates: Duplicates = .lastWins, limits: JSONReader.Limits = .standard
    ) throws(JSONError) {
        var reader = JSONReader(bytes, limits: limits)
        try reader.beginObject()
        while let (name, value) = try reader.nextMember() {
            guard let characters = name.characters else {
                throw JSONError(.notUTF8, at: name.range.lowerBound, "a whole character expected")
            }
            let key = ByteString(characters)
            if let place = place(key) {
                guard duplicates == .lastWins else {
                    throw JSONError(.duplicateName, at: name.range.lowerBound, "another name expected")
                }
                members[place].value = value
            } else {
                append(key, value)
            }
        }
    }

    public subscript(name: ByteString) -> JSONValue? { place(name).map { members[$0].value } }

    private func place(_ name: ByteString) -> Int? {
        places.isEmpty ? members.firstIndex { $0.name == name } : places[name]
    }

    private mutating func append(_ name: ByteString, _ value: JSONValue) {
        members.append((name, value))
        if members.count == Self.few {
            for (place, member) in members.enumerated() { places[member.name] = place }
        } else if members.count > Self.few {
            places[name] = members.count - 1
        }
    }
}
