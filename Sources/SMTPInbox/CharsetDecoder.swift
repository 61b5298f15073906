import BgdemoSystemCompat

/// Text in the charsets that mails come in. What has no meaning in its charset becomes U+FFFD, and a charset that is not
/// known is read as UTF-8.
///
/// It keeps the system's converters open from one text to the next: a subject may have thousands of words, each in another
/// charset than the one before, and to open a converter takes a tenth of a millisecond.
@safe final class CharsetDecoder {
    /// By the system's `iconv`, under its names. A list, because some of a system's converters are better not reached by a
    /// stranger (CVE-2024-2961). In the order of the WHATWG's table, whose labels mail programs follow: text that is called
    /// ISO-8859-1 is Windows-1252.
    private static let converters: [String: String] = {
        var names = [
            "iso-8859-1": "WINDOWS-1252", "latin1": "WINDOWS-1252", "us-ascii": "WINDOWS-1252",
            "iso-8859-9": "WINDOWS-1254", "koi8-r": "KOI8-R", "koi8-u": "KOI8-U", "macintosh": "MACINTOSH",
            "gb2312": "GB18030", "gbk": "GB18030", "gb18030": "GB18030", "big5": "BIG5", "euc-jp": "EUC-JP",
            "iso-2022-jp": "ISO-2022-JP", "shift_jis": "CP932", "shift-jis": "CP932", "windows-31j": "CP932",
            "euc-kr": "CP949", "ks_c_5601-1987": "CP949", "utf-16": "UTF-16", "utf-16le": "UTF-16LE",
            "utf-16be": "UTF-16BE", "utf-7": "UTF-7",
        ]
        for part in [2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 15, 16] { names["iso-8859-\(part)"] = "ISO-8859-\(part)" }
        for page in 1250...1258 { names["windows-\(page)"] = "WINDOWS-\(page)" }
        for page in 1250...1258 { names["cp\(page)"] = "WINDOWS-\(page)" }
        return names
    }()

    /// The longest name looked at, in bytes.
    private static let longestName = 40

    #if !canImport(Darwin)
        private var open: [String: iconv_t] = unsafe [:]

        deinit {
            unsafe open.values.forEach { unsafe iconv_close($0) }
        }
    #endif

    func decode(_ bytes: [UInt8], _ name: [UInt8]) -> String {
        guard name.count <= Self.longestName, name.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        let lower = String(decoding: name.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        guard let converter = Self.converters[lower], let text = convert(bytes, from: converter) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        return text
    }

    /// Nil where the system has no such converter.
    private func convert(_ bytes: [UInt8], from charset: String) -> String? {
        #if canImport(Darwin)
            // Its iconv is a library of its own, which nothing here is linked with.
            return nil
        #else
            guard let converter = unsafe converter(charset) else { return nil }
            var input = bytes.map { CChar(bitPattern: $0) }
            var text: [UInt8] = []
            unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe Self.convert(input, with: converter, into: &text)
            }
            return String(decoding: text, as: UTF8.self)
        #endif
    }

    #if !canImport(Darwin)
        /// What iconv returns where it stopped: `(size_t) -1`.
        private static let refused = -1
        private static var failed: iconv_t? { unsafe iconv_t(bitPattern: -1) }

        /// A converter in its first state.
        private func converter(_ charset: String) -> iconv_t? {
            if let known = unsafe open[charset] {
                unsafe iconv(known, nil, nil, nil, nil)
                return unsafe known
            }
            guard let converter = unsafe iconv_open("UTF-8", charset), unsafe converter != Self.failed else {
                return nil
            }
            unsafe open[charset] = unsafe converter
            return unsafe converter
        }

        private static func convert(
            _ input: UnsafeMutableBufferPointer<CChar>, with converter: iconv_t, into text: inout [UInt8]
        ) {
            var place = input.baseAddress
            var left = input.count
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { output in
                while left > 0 {
                    var end = output.baseAddress
                    var space = output.count
                    let result = unsafe iconv(converter, &place, &left, &end, &space)
                    let isFull = errno == E2BIG
                    unsafe text.append(contentsOf: output.prefix(output.count - space).map { UInt8(bitPattern: $0) })
                    // A full buffer is written on; what has no meaning is passed over.
                    if result == refused, !isFull {
                        text.append(contentsOf: "\u{fffd}".utf8)
                        guard left > 0 else { break }
                        unsafe place = unsafe place?.advanced(by: 1)
                        left -= 1
                    }
                }
            }
        }
    #endif
}
