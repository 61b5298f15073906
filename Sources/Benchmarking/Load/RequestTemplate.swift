import NIOCore

/// The requests of a load: all the same but for a number, which is put between parts that were made before.
struct RequestTemplate {
    private let beforeAddress: ByteBuffer
    private let hasOwnAddress: Bool
    private let beforeSubject: ByteBuffer
    private let beforeText: ByteBuffer
    private var bytes = ByteBufferAllocator().buffer(capacity: 512)

    init(to target: Target, run: String, recipient: String? = nil) {
        hasOwnAddress = recipient == nil
        beforeAddress = ByteBuffer(string: "GET \(target.prefix)/\(recipient ?? "compare-")")
        beforeSubject = ByteBuffer(string: "\(hasOwnAddress ? "@example.org" : "")/\(run)-")
        beforeText = ByteBuffer(
            string: "/it-works HTTP/1.1\r\nHost: \(target.authority)\r\nUser-Agent: bgdemo-compare\r\n\r\n")
    }

    /// The request for a mail to `compare-<number>@example.org` with the subject `<run>-<number>`, or to the one recipient of all. Memory is used again
    /// once the request has been written.
    mutating func bytes(_ number: Int) -> ByteBuffer {
        let digits = String(number)
        bytes.clear()
        bytes.writeImmutableBuffer(beforeAddress)
        if hasOwnAddress { bytes.writeString(digits) }
        bytes.writeImmutableBuffer(beforeSubject)
        bytes.writeString(digits)
        bytes.writeImmutableBuffer(beforeText)
        return bytes
    }
}
