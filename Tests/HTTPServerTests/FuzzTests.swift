import BgdemoFoundations
import BgdemoHTTPServer
import BgdemoTestSupport
import Testing

@Suite("What the decoder accepts, others read the same", .timeLimit(.minutes(2)))
struct FuzzTests {
    private static let corpus = (Malformed.requestLines + Malformed.fields + Malformed.smuggling + Malformed.chunks)
        .map(\.bytes)

    private static let good = WellFormed.all.map(\.bytes)

    private static let pieces = [
        "\r\n", "\r", "\n", " ", "\t", "\0", ":", ";", ",", "0", "5", "f", "+", "-", "/", "http://", "HTTP/1.1",
        "HTTP/1.0", "Host: a\r\n",
        "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "chunked",
        "Connection: close\r\n",
        "Expect: 100-continue\r\n", "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n", "0\r\n\r\n", "é", "\u{7f}",
    ].map { Array($0.utf8) }

    @Test(
        "Mutated requests are decoded as NIO's decoder does, however they are cut", arguments: [1, 2, 3, 4] as [UInt64])
    func mutated(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for _ in 0..<6000 {
            let bytes = Self.mutant(&random)
            let ours = DecodedRequest.reading([bytes])
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let again = DecodedRequest.reading([Array(bytes[..<cut]), Array(bytes[cut...])])
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            #expect(again.requests == ours.requests, "cut at \(cut): \(text)")
            #expect(again.problem?.status == ours.problem?.status, "cut at \(cut): \(text)")

            let theirs = DecodedRequest.byNIO(bytes)
            // Theirs refuses a method that it does not know, the raw UTF-8 that a user of curl types, and a tab after
            // Content-Length, which RFC 9110 allows.
            let known = ours.requests.prefix {
                $0.method != "other" && $0.target.utf8.allSatisfy { $0 < 0x80 } && !bytes.contains(0x09)
            }
            accepted += known.count
            #expect(theirs.count >= known.count, "\(text)")
            for (our, their) in zip(known, theirs) {
                #expect(our.method == their.method.lowercased(), "\(text)")
                #expect(our.target == their.origin, "\(text)")
                #expect(our.body == their.body, "\(text)")
            }
        }
        // Mutants that are all refused would show nothing.
        #expect(accepted > 1000)
    }

    private static func mutant(_ random: inout SeededRandom) -> [UInt8] {
        var bytes = (Bool.random(using: &random) ? good : corpus).randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...4, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: place)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
            default: bytes.append(contentsOf: corpus.randomElement(using: &random) ?? [])
            }
        }
        return bytes
    }
}

extension DecodedRequest {
    /// The target without what absolute form has before the path.
    fileprivate var origin: String {
        guard target.lowercased().hasPrefix("http://") else { return target }
        let path = target.dropFirst(7).drop { $0 != "/" }
        return path.isEmpty ? "/" : String(path)
    }
}
