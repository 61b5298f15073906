import Foundation
import BgdemoTestSupport
import Testing

/// Python's `email` package: what another program makes of a message.
struct PythonMailParser: Decodable {
    let subject: String
    let to: String
    let headers: [[String]]
    let text: [UInt8]
    let defects: [String]

    private enum CodingKeys: CodingKey { case subject, to, headers, text, defects }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        subject = try values.decode(String.self, forKey: .subject)
        to = try values.decode(String.self, forKey: .to)
        headers = try values.decode([[String]].self, forKey: .headers)
        text = Array(try values.decode(Data.self, forKey: .text))
        defects = try values.decode([String].self, forKey: .defects)
    }

    static func read(_ messages: [[UInt8]]) async throws -> [PythonMailParser] {
        let input = messages.map { Data($0).base64EncodedString() + "\n" }.joined()
        let output = try await Python.run(script, input: input)
        return try output.split(separator: "\n").map {
            try JSONDecoder().decode(PythonMailParser.self, from: Data($0.utf8))
        }
    }

    /// Each line of input is a message in base 64, each line of output what was read from it.
    private static let script = """
        import base64, email, email.policy, json, sys
        for line in sys.stdin:
            m = email.message_from_bytes(base64.b64decode(line), policy=email.policy.default)
            defects = m.defects + [d for v in m.values() for d in getattr(v, 'defects', [])]
            print(json.dumps({
                'subject': str(m['subject']), 'to': m['to'].addresses[0].addr_spec,
                'headers': [[k, str(v)] for k, v in m.items()],
                'text': base64.b64encode(m.get_payload(decode=True)).decode(),
                'defects': [repr(d) for d in defects]}))
        """
}
