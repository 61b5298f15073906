import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import BgdemoHTTPServer

/// What a decoder made of bytes: enough to tell whether two decoders read the same.
struct DecodedRequest: Hashable, CustomStringConvertible {
    var method: String
    var target: String
    var body: [UInt8]

    var description: String { "\(method) \(target) \(String(decoding: body, as: UTF8.self))" }

    /// The requests that ours reads from the pieces, or the problem that it has with them.
    static func of(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) throws(Problem) -> [DecodedRequest] {
        let (requests, problem) = reading(pieces, limits: limits)
        if let problem { throw problem }
        return requests
    }

    /// The requests that ours reads, and what ended the reading before the end of the bytes.
    static func reading(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) -> (
        requests: [DecodedRequest], problem: Problem?
    ) {
        var decoder = RequestDecoder(limits: limits)
        var requests: [DecodedRequest] = []
        do throws(Problem) {
            for piece in pieces {
                decoder.append(ByteBuffer(bytes: piece))
                while let event = try decoder.next() {
                    guard case .request(let request) = event else { continue }
                    requests.append(
                        DecodedRequest(
                            method: "\(request.method)", target: request.target,
                            body: Array(buffer: request.body)))
                }
            }
        } catch {
            return (requests, error)
        }
        return (requests, nil)
    }

    /// The requests that NIO's own decoder, which is node's llhttp, reads from the bytes until an error.
    static func byNIO(_ bytes: [UInt8]) -> [DecodedRequest] {
        let channel = EmbeddedChannel(
            handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        var requests: [DecodedRequest] = []
        var current: DecodedRequest?
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head): current = DecodedRequest(method: head.method.rawValue, target: head.uri, body: [])
            case .body(let body): current?.body += Array(buffer: body)
            case .end:
                if let whole = current { requests.append(whole) }
                current = nil
            }
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return requests
    }
}
