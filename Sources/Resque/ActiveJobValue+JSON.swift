import BgdemoFoundations

/// The two ways to write an argument of a Rails job.
extension ActiveJobValue {
    /// Writes it as Rails reads it.
    func writeSerialized(into json: inout JSONWriter) {
        switch self {
        case .null, .bool, .number, .string: writePlain(into: &json)
        case .array(let elements):
            json.array { json in for element in elements { element.writeSerialized(into: &json) } }
        case .hash(let hash): json.object { hash.writeSerialized(into: &$0) }
        case .globalID(let text): json.object { $0.member("_aj_globalid", text) }
        case .symbol(let text): Self.write("Symbol", text, into: &json)
        case .time(let text): Self.write("Time", text, into: &json)
        case .date(let text): Self.write("Date", text, into: &json)
        case .decimal(let text): Self.write("BigDecimal", text, into: &json)
        case .module(let text): Self.write("Module", text, into: &json)
        case .duration(let seconds):
            let parts = ActiveJobValue.array([.array([.symbol("seconds"), .number(seconds)])])
            let members: [ActiveJobHash.Member] = [.init("value", .number(seconds)), .init("parts", parts)]
            let name = "ActiveJob::Serializers::DurationSerializer"
            ActiveJobValue.serialized(name, ActiveJobHash(members)).writeSerialized(into: &json)
        case .serialized(let serializer, let hash):
            json.object { json in
                json.member("_aj_serialized", serializer)
                for member in hash.members { member.writeSerialized(into: &json) }
            }
        }
    }

    private static func write(_ serializer: String, _ value: String, into json: inout JSONWriter) {
        json.object {
            $0.member("_aj_serialized", "ActiveJob::Serializers::\(serializer)Serializer")
            $0.member("value", value)
        }
    }

    /// Writes it as plain JSON, which `Decodable` types read: hashes without their marks, all others as text, but a
    /// duration as its number of seconds. A value of another serializer is an object of its members.
    func writePlain(into json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.value((value ? "true" : "false").utf8)
        case .number(let text), .duration(let text): json.value(text.utf8)
        case .string(let text), .symbol(let text), .globalID(let text), .time(let text), .date(let text),
            .decimal(let text), .module(let text):
            json.string(text)
        case .array(let elements): json.array { json in for element in elements { element.writePlain(into: &json) } }
        case .hash(let hash), .serialized(_, let hash):
            json.object { json in
                for member in hash.members {
                    json.name(member.name)
                    member.value.writePlain(into: &json)
                }
            }
        }
    }
}

extension ActiveJobHash.Member {
    fileprivate func writeSerialized(into json: inout JSONWriter) {
        json.name(name)
        value.writeSerialized(into: &json)
    }
}

extension ActiveJobHash {
    fileprivate func writeSerialized(into json: inout JSONWriter) {
        for member in members { member.writeSerialized(into: &json) }
        let symbols = members.filter(\.isSymbol).map(\.name)
        switch kind {
        case .plain: json.name("_aj_symbol_keys")
        case .keywords: json.name("_aj_ruby2_keywords")
        case .indifferentAccess:
            json.member("_aj_hash_with_indifferent_access", true)
            return
        }
        json.array { json in for symbol in symbols { json.string(symbol) } }
    }
}
