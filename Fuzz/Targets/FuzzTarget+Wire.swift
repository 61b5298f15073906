import BgdemoFoundations
import NIOCore

@testable import BgdemoBenchmarking
@testable import BgdemoHTTPServer
@testable import BgdemoLocal
@testable import BgdemoPipes
@testable import BgdemoSMTPClient
@testable import BgdemoSMTPInbox
@testable import BgdemoSpool
@testable import RedisClient

extension FuzzTarget {
    /// Requests, which are read the same however they are cut.
    static func http(_ bytes: [UInt8]) {
        let whole = requests([bytes.dropFirst()])
        precondition(requests(pieces(bytes)) == whole, "cut elsewhere, read otherwise")
    }

    private static func requests(_ pieces: [ArraySlice<UInt8>]) -> [String] {
        var decoder = RequestDecoder(limits: HTTPLimits())
        var requests: [String] = []
        do throws(Problem) {
            for piece in pieces where !piece.isEmpty {
                decoder.append(ByteBuffer(bytes: piece))
                while let event = try decoder.next() {
                    guard case .request(let request) = event else { continue }
                    requests.append("\(request.method) \(request.target) \(Array(request.body.readableBytesView))")
                }
            }
        } catch {
            requests.append("\(error.status)")
        }
        return requests
    }

    /// The answers that the load generator reads.
    static func response(_ bytes: [UInt8]) {
        let whole = answers([bytes.dropFirst()])
        let cut = answers(pieces(bytes))
        precondition(cut == whole || whole.last == .broken || cut.last == .broken, "cut elsewhere, read otherwise")
    }

    private static func answers(_ pieces: [ArraySlice<UInt8>]) -> [ResponseReader.Step] {
        var reader = ResponseReader()
        var input = ByteBuffer()
        var steps: [ResponseReader.Step] = []
        for piece in pieces {
            input.writeBytes(piece)
            while true {
                let step = reader.next(&input)
                guard step != .needsMore else { break }
                steps.append(step)
                if step == .broken { return steps }
            }
        }
        return steps
    }

    /// The commands and the data that a mail client sends to the inbox.
    static func inbox(_ bytes: [UInt8]) {
        let buffer = ByteBuffer(bytes: bytes)
        _ = SMTPCommand(buffer.readableBytesView)
        var reader = MailDataReader(limit: 4096)
        for piece in pieces(bytes) {
            var input = ByteBuffer(bytes: piece)
            if reader.read(&input) { return }
        }
    }

    /// The replies of a mail server.
    static func smtp(_ bytes: [UInt8]) {
        var parser = SMTPReplyParser()
        for piece in pieces(bytes) {
            parser.bytes += piece
            do throws(SMTPReplyParser.Violation) {
                while let reply = try parser.next() {
                    precondition((200..<600).contains(reply.code), "a reply with another code")
                    precondition(reply.text.unicodeScalars.allSatisfy { !$0.isUnprintable }, "not printable")
                    var capabilities = SMTPCapabilities()
                    capabilities.extensions = reply.lines
                    _ = (capabilities.maximumSize, capabilities.has("AUTH"), capabilities.mechanisms)
                }
            } catch {
                return
            }
        }
    }

    /// Caught mails.
    static func mime(_ bytes: [UInt8]) {
        let part = MIMEPart(bytes[...])
        _ = (part.text, part.headerText)
        for name in ["Subject", "From", "To", "Content-Type", "Message-ID"] {
            _ = part.field(name).map { EncodedWordDecoder.decode($0) }
        }
        _ = EncodedWordDecoder.decode(bytes)
    }

    /// Redis' replies.
    static func resp(_ bytes: [UInt8]) {
        var reader = RESPDecoder(byteLimit: 1 << 20)
        for piece in pieces(bytes) {
            do throws(RESPDecoder.MalformedReply) {
                try reader.feed(ByteBuffer(bytes: piece))
                while let reply = try reader.next() { use(reply) }
            } catch {
                return
            }
        }
    }

    private static func use(_ reply: RedisValue) {
        _ = (reply.text, reply.int, reply.bytes)
        if case .error(let error) = reply { _ = (error.kind, error.description) }
        for element in reply.array ?? [] { use(element) }
    }

    /// The lines between the master and its children.
    static func pipe(_ bytes: [UInt8]) {
        var reader = LineReader(limit: 4096)
        for piece in pieces(bytes) {
            reader.append(ByteBuffer(bytes: piece))
            while let line = reader.next() {
                guard case .whole(let line) = line, let message = PipeMessage(line) else { continue }
                var written = ByteBuffer()
                message.write(into: &written)
                guard case .mail(let mail) = message else {
                    let again = written.readSlice(length: written.readableBytes - 1)
                    precondition(again.flatMap { PipeMessage($0) } == message, "written and read as another")
                    continue
                }
                _ = try? mail.email()
            }
        }
    }

    /// The spool's journal, as a crash may have left it.
    static func journal(_ bytes: [UInt8]) {
        let buffer = ByteBuffer(bytes: bytes)
        var place = 0
        while let (_, range) = Journal.Record.next(in: buffer, from: place) {
            precondition(range.upperBound > place && range.upperBound <= bytes.count)
            place = range.upperBound
        }
    }
}
