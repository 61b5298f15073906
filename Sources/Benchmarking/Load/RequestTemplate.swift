package import NIOCore

/// The requests of a load. They differ by a number, which is written between prepared parts.
package struct RequestTemplate {
    private let beforeAddress: ByteBuffer
    private let hasOwnAddress: Bool
    private let beforeSubject: ByteBuffer
    private let beforeText: ByteBuffer
    private var bytes = ByteBufferAllocator().buffer(capacity: 512)

    package init(to target: Target, run: String, recipient: String? = nil) {
        hasOwnAddress = recipient == nil
        beforeAddress = ByteBuffer(string: "GET \(target.prefix)/\(recipient ?? "compare-")")
        beforeSubject = ByteBuffer(string: "\(hasOwnAddress ? "@example.org" : "")/\(run)-")
        beforeText = ByteBuffer(
            string: "/it-works HTTP/1.1\r\nHost: \(target.authority)\r\nUser-Agent: bgdemo-compare\r\n\r\n")
    }

    /// The request for a mail to `compare-<number>@example.org`, or to the one recipient, with the subject
    /// `<load>-<number>`. Its memory is reused once it has been written.
    package mutating func bytes(_ number: Int) -> ByteBuffer {
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
