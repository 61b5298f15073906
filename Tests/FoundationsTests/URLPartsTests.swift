import BgdemoFoundations
import Testing

@Suite struct URLPartsTests {
    @Test("A URL is taken apart")
    func parts() throws {
        let url = try URLParts("REDIS://us%40er:pa%3Ass@[::1]:6380/a%20b?x=1?#f#g")
        #expect(url.scheme == "redis" && url.user == "us@er" && url.password == "pa:ss")
        #expect(url.host == "::1" && url.isIPLiteral && url.port == 6380)
        #expect(url.path == "/a%20b" && url.query == "x=1?" && url.fragment == "f#g")
        let bare = try URLParts("http://host")
        #expect(bare.user == nil && bare.password == nil && bare.port == nil && bare.path == "" && bare.query == nil)
        let socket = try URLParts("unix://:p@/run/redis.sock?db=1")
        #expect(socket.user == "" && socket.password == "p" && socket.host == "" && socket.path == "/run/redis.sock")
        #expect(try URLParts("smtp://a@b@host").user == "a@b")
        #expect(try URLParts("http://h?x@y").host == "h")
        #expect(try URLParts("http://[fe80::1%25eth0]:1/").host == "fe80::1%eth0")
        #expect(try URLParts("http://[fe80::1%eth0]").host == "fe80::1%eth0")
    }

    @Test(
        "What is wrong with a URL has a code",
        arguments: [
            ("host:25", .noScheme), ("://x", .noScheme), ("1a://x", .noScheme), ("a_b://x", .noScheme),
            ("http://a b", .blankOrControl), ("http://a\u{0}b", .blankOrControl),
            ("redis://:a%-0b@host", .invalidLogin(.invalidEscape)),
            ("redis://:a%00b@host", .invalidLogin(.controlCharacter)),
            ("redis://:a%ffb@host", .invalidLogin(.notUTF8)),
            ("http://[::1", .unclosedBracket), ("http://[x]", .invalidIPv6), ("http://[12]", .invalidIPv6),
            ("http://[::1%]", .invalidIPv6), ("http://[::1%a/b]", .unclosedBracket),
            ("http://::1/", .unbracketedIPv6), ("http://a:1:2", .unbracketedIPv6),
            ("http://a:", .invalidPort), ("http://a:0", .invalidPort), ("http://a:65536", .invalidPort),
            ("http://a:+80", .invalidPort),
            ("http://[::1]x", .invalidPort), ("http://a:000080", .invalidPort),
        ] as [(String, URLSyntaxError)])
    func wrong(_ text: String, _ error: URLSyntaxError) {
        #expect(throws: error) { try URLParts(text) }
    }
}
