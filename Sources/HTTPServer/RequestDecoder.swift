import NIOCore

/// Bytes to requests, by RFC 9112 and without its leniency: where two servers could read one message in two ways
/// (request smuggling), it is refused and the connection closed.
///
/// Not NIOHTTP1's decoder, for two reasons: its errors can't say what was wrong in words for the client, nor tell a
/// long target from a long header (414, 431); and it makes strings of every header, most of which nobody reads. The
/// tests hold this one against that one: what this accepts, that reads the same.
struct RequestDecoder {
    enum Event {
        case request(HTTPRequest)
        /// The head asks for `100 Continue` before it sends its body.
        case expectsContinue
    }

    private enum State {
        case head
        case body(HTTPRequest.Head, length: Int)
        case chunks(HTTPRequest.Head, ChunkedBody)
    }

    private let limits: HTTPLimits
    private var bytes = ByteBuffer()
    private var state = State.head
    /// How far the search for the end of the head has come, from the reader index.
    private var searched = 0
    /// Where the request line ends, from the reader index, once it is found.
    private var lineEnd: Int?

    init(limits: HTTPLimits) {
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
        let event = try read()
        // An empty buffer holds no memory: a connection at rest costs little, and the socket's buffer is free again.
        if bytes.readableBytes == 0 { bytes = ByteBuffer() }
        return event
    }

    private mutating func read() throws(Problem) -> Event? {
        switch state {
        case .head:
            return try nextHead()
        case .body(let head, let length):
            guard let body = bytes.readSlice(length: length) else { return nil }
            state = .head
            return .request(HTTPRequest(head: head, body: body))
        case .chunks(let head, var chunks):
            // The body is held once, or each read would copy it.
            state = .head
            guard try chunks.read(from: &bytes) else {
                state = .chunks(head, chunks)
                return nil
            }
            return .request(HTTPRequest(head: head, body: chunks.body))
        }
    }

    private mutating func nextHead() throws(Problem) -> Event? {
        skipEmptyLines()
        guard let length = try endOfHead() else { return nil }
        var parser = HeadParser(bytes: bytes, length: length, limits: limits)
        let head = try parser.parse()
        bytes.moveReaderIndex(forwardBy: length)
        searched = 0
        lineEnd = nil

        if let expectation = head.fields.expect, expectation.lowercased() != "100-continue" {
            throw Problem(.expectationFailed, "the only expectation met here is 100-continue")
        }
        let isWhole: Bool
        switch try BodyFraming(head, limits: limits) {
        case .none: return .request(HTTPRequest(head: head))
        case .length(let length):
            state = .body(head, length: length)
            isWhole = bytes.readableBytes >= length
        case .chunked:
            state = .chunks(head, ChunkedBody(limit: limits.body))
            isWhole = false
        }
        if head.fields.expect != nil, !isWhole, head.minorVersion == 1, bytes.readableBytes == 0 {
            return .expectsContinue
        }
        return try read()
    }

    /// RFC 9112, section 2.2: an empty line before the request line is passed over.
    private mutating func skipEmptyLines() {
        while beginsWithEmptyLine {
            bytes.moveReaderIndex(forwardBy: 2)
            searched = 0
        }
    }

    private var beginsWithEmptyLine: Bool {
        let span = bytes.readableBytesUInt8Span
        return span.count >= 2 && span[0] == 0x0d && span[1] == 0x0a
    }

    /// The length of the head with its empty line, or nil where that has not come yet.
    private mutating func endOfHead() throws(Problem) -> Int? {
        let found = Self.search(bytes, from: searched)
        if let head = found.head { return head }
        searched = bytes.readableBytes
        lineEnd = lineEnd ?? found.line
        try refuseEndlessHead()
        return nil
    }

    /// Where the first line from `start` on ends, and where the head does.
    private static func search(_ bytes: ByteBuffer, from start: Int) -> (line: Int?, head: Int?) {
        let span = bytes.readableBytesUInt8Span
        var line: Int?
        var place = start
        while place < span.count {
            defer { place += 1 }
            guard span[place] == 0x0a, place >= 1 else { continue }
            // After CR LF CR LF the head is whole. After LF LF as well; what is wrong with it, the parser says.
            let previous = span[place - 1]
            if previous == 0x0a || previous == 0x0d && place >= 2 && span[place - 2] == 0x0a {
                return (line, place + 1)
            }
            line = line ?? place
        }
        return (line, nil)
    }

    /// Says so as soon as no more bytes can make a head within the limits of what is there.
    private func refuseEndlessHead() throws(Problem) {
        // 48: the longest method, two spaces, a version and CR.
        guard let lineEnd else {
            if searched > limits.target + 48 { throw HeadParser.targetTooLong(limits) }
            return
        }
        // 3: of the empty line at the end, and the LF of the request line.
        if lineEnd > limits.target + 48 { throw HeadParser.targetTooLong(limits) }
        if searched - lineEnd > limits.headerBytes + 3 { throw HeadParser.headersTooLong(limits) }
    }
}
