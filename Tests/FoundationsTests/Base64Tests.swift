import BgdemoFoundations
import Testing

@Suite struct Base64Tests {
    @Test("Base 64 is strict")
    func base64() {
        #expect(Base64.encode(Array("any carnal pleas".utf8)) == "YW55IGNhcm5hbCBwbGVhcw==")
        #expect(Base64.decode("YQ==") == [0x61])
        for wrong in ["YQ", "YQ=", "Y Q==", "YQ==\n", "!", "YQ==YQ=="] {
            #expect(Base64.decode(wrong) == nil, "\(wrong)")
        }
    }
}
