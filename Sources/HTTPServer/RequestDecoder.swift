import BgdemoFoundations
import NIOCore

/// Reads requests from bytes, by RFC 9112 without its leniency: a message that two servers could read in two ways (request
/// smuggling) is an error.
///
/// NIOHTTP1's decoder is not used, for two reasons: its errors have no words for the client, and do not tell a long
/// target from a long header (414, 431); and it makes strings of every header field, most of which nobody reads. The same
/// routes answer 1.10 (1.05–1.47) of the requests that they answer on NIOHTTP1, though with more checks (`make bench
/// ONLY=accept`, five rounds). The tests compare the two: what this one accepts, that one reads the same.
struct RequestDecoder {
    enum Output {
        case request(HTTPRequest)
        /// The head of a request whose body has not come whole.
        ///
        /// - expectsContinue: Whether the client waits for `100 Continue` before it sends the body.
        case head(HTTPRequest.Head, expectsContinue: Bool)
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

    /// Bytes of memory that are held for requests that are not whole, or not read.
    var heldBytes: Int {
        let waiting = bytes.readableBytes == 0 ? 0 : bytes.storageCapacity
        return if case .chunks(_, let chunks) = state { waiting + chunks.body.storageCapacity } else { waiting }
    }

    /// Drops what is not read.
    mutating func removeAll() {
        bytes = ByteBuffer()
        state = .head
        searched = 0
        lineEnd = nil
    }

    /// The next event, or nil where more bytes are needed. After an error there is no next.
    mutating func next() throws(Problem) -> Output? {
        let event = try read()
        // An empty buffer holds no memory: a connection at rest costs little, and the socket's buffer is free again.
        if bytes.readableBytes == 0 { bytes = ByteBuffer() }
        return event
    }

    private mutating func read() throws(Problem) -> Output? {
        switch state {
        case .head:
            return try nextHead()
        case .body(let head, let length):
            guard let body = bytes.readSlice(length: length) else { return nil }
            state = .head
            // A slice keeps the whole buffer, as long as the request is being answered.
            let isSmall = length < bytes.storageCapacity / 2
            return .request(HTTPRequest(head: head, body: isSmall ? ByteBuffer(buffer: body) : body))
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

    private mutating func nextHead() throws(Problem) -> Output? {
        skipEmptyLines()
        guard let length = try endOfHead() else { return nil }
        var parser = HeadParser(bytes: bytes, length: length, limits: limits)
        let head = try parser.parse()
        bytes.moveReaderIndex(forwardBy: length)
        searched = 0
        lineEnd = nil

        if let expectation = head.fields.expect, !expectation.equalsIgnoringASCIICase("100-continue") {
            throw Problem(.expectationFailed, "the only expectation that is met is 100-continue")
        }
        switch try BodyFraming(head, limits: limits) {
        case .none: return .request(HTTPRequest(head: head))
        case .length(let length): state = .body(head, length: length)
        case .chunked: state = .chunks(head, ChunkedBody(limit: limits.body))
        }
        let isBodyAwaited = bytes.readableBytes == 0
        if let request = try read() { return request }
        return .head(head, expectsContinue: head.fields.expect != nil && head.minorVersion == 1 && isBodyAwaited)
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
        // More than the longest head within the limits: the longest request line, every field, the empty line.
        let end = min(bytes.readableBytes, limits.target + Self.longestLineRest + limits.headerBytes + 8)
        let found = Self.search(bytes, from: searched, to: end)
        if let head = found.head { return head }
        searched = end
        let isNewLine = lineEnd == nil && found.line != nil
        lineEnd = lineEnd ?? found.line
        try checkUnfinishedHead(isNewLine: isNewLine)
        return nil
    }

    /// Where the first line from `start` on ends, and where the head does.
    private static func search(_ bytes: ByteBuffer, from start: Int, to end: Int) -> (line: Int?, head: Int?) {
        let span = bytes.readableBytesUInt8Span
        var line: Int?
        var place = start
        while place < end {
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

    /// The longest method, two spaces, a version and CR.
    private static let longestLineRest = 48

    /// Refuses what is no beginning of a head, and what no more bytes can make a head within the limits.
    private func checkUnfinishedHead(isNewLine: Bool) throws(Problem) {
        guard bytes.readableBytes > 0 else { return }
        guard let lineEnd else {
            if searched > limits.target + Self.longestLineRest { throw HeadParser.targetTooLong(limits) }
            return try HeadParser(bytes: bytes, length: searched, limits: limits).checkBeginning()
        }
        if isNewLine {
            var parser = HeadParser(bytes: bytes, length: searched, limits: limits)
            try parser.checkRequestLine()
        }
        // 3: of the empty line at the end, and the LF of the request line.
        if searched - lineEnd > limits.headerBytes + 3 { throw HeadParser.headersTooLong(limits) }
    }
}
