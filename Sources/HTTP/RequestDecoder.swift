import NIOCore

/// Bytes to requests, by RFC 9112 and without its leniency: where two servers could read one message in two ways
/// (request smuggling), it is refused and the connection closed.
///
/// Not NIOHTTP1's decoder, for two reasons: its errors can't say what was wrong in words for the client, nor tell a
/// long target from a long header (414, 431); and it makes strings of every header, most of which nobody reads. The
/// tests hold this one against that one: what this accepts, that reads the same.
struct RequestDecoder {
    enum Event {
        case request(Request)
        /// The head asks for `100 Continue` before it sends its body.
        case expectsContinue
    }

    private enum State {
        case head
        case body(Request.Head, length: Int)
        case chunks(Request.Head, ChunkedBody)
    }

    private let limits: Limits
    private var bytes = ByteBuffer()
    private var state = State.head
    /// How far the search for the end of the head has come, from the reader index.
    private var searched = 0

    init(limits: Limits) {
        self.limits = limits
    }

    /// Which of the time limits runs.
    enum Waiting { case forRequest, forHead, forBody }

    var waiting: Waiting {
        switch state {
        case .head: bytes.readableBytes == 0 ? .forRequest : .forHead
        case .body, .chunks: .forBody
        }
    }

    mutating func append(_ more: ByteBuffer) {
        if bytes.readableBytes == 0 {
            bytes = more
        } else {
            bytes.discardReadBytes()
            bytes.writeImmutableBuffer(more)
        }
    }

    /// The next event, or nil where more bytes are needed. After an error there is no next.
    mutating func next() throws(Problem) -> Event? {
        switch state {
        case .head:
            return try nextHead()
        case .body(let head, let length):
            guard let body = bytes.readSlice(length: length) else { return nil }
            state = .head
            return .request(Request(head: head, body: body))
        case .chunks(let head, var chunks):
            let isWhole = try chunks.read(from: &bytes)
            state = isWhole ? .head : .chunks(head, chunks)
            return isWhole ? .request(Request(head: head, body: chunks.body)) : nil
        }
    }

    private mutating func nextHead() throws(Problem) -> Event? {
        skipEmptyLine()
        guard let length = try endOfHead() else { return nil }
        var parser = HeadParser(bytes: bytes, length: length, limits: limits)
        let head = try parser.parse()
        bytes.moveReaderIndex(forwardBy: length)
        searched = 0

        let framing = try Framing(head, limits: limits)
        let isWhole: Bool
        switch framing {
        case .none: return .request(Request(head: head))
        case .length(let length):
            state = .body(head, length: length)
            isWhole = bytes.readableBytes >= length
        case .chunked:
            state = .chunks(head, ChunkedBody(limit: limits.body))
            isWhole = false
        }
        if let expectation = head.fields.expect {
            guard expectation.lowercased() == "100-continue" else {
                throw Problem(.expectationFailed, "the only expectation met here is 100-continue")
            }
            if !isWhole, head.minorVersion == 1, bytes.readableBytes == 0 { return .expectsContinue }
        }
        return try next()
    }

    /// RFC 9112, section 2.2: an empty line before the request line is passed over.
    private mutating func skipEmptyLine() {
        if searched == 0, beginsWithEmptyLine { bytes.moveReaderIndex(forwardBy: 2) }
    }

    private var beginsWithEmptyLine: Bool {
        let span = bytes.readableBytesUInt8Span
        return span.count >= 2 && span[0] == 0x0d && span[1] == 0x0a
    }

    /// The length of the head with its empty line, or nil where that has not come yet.
    private mutating func endOfHead() throws(Problem) -> Int? {
        if let end = findEndOfHead() { return end }
        searched = bytes.readableBytes
        try refuseEndlessHead()
        return nil
    }

    private func findEndOfHead() -> Int? {
        let span = bytes.readableBytesUInt8Span
        var place = searched
        while place < span.count {
            if span[place] == 0x0a, place >= 1 {
                // After CR LF CR LF the head is whole. After LF LF as well; what is wrong with it, the parser says.
                let previous = span[place - 1]
                if previous == 0x0a || previous == 0x0d && place >= 2 && span[place - 2] == 0x0a { return place + 1 }
            }
            place += 1
        }
        return nil
    }

    private func refuseEndlessHead() throws(Problem) {
        let span = bytes.readableBytesUInt8Span
        guard span.count > limits.target else { return }
        var lineEnd = 0
        while lineEnd < span.count, span[lineEnd] != 0x0a { lineEnd += 1 }
        // 32: a method, two spaces, a version.
        if lineEnd > limits.target + 32 { throw HeadParser.targetTooLong(limits) }
        if span.count - lineEnd > limits.headerBytes { throw HeadParser.headersTooLong(limits) }
    }
}
