import BgdemoFoundations

/// A record as one HTML file that plays by itself, without a network and without `bgdemo`.
public enum StageExport {
    /// - Parameter path: Of a record, lines of JSON.
    /// - Throws: ``StageError`` where it is no record.
    public static func page(ofRecord path: String) throws(StageError) -> String {
        page(try StageRecord(file: path))
    }

    static func page(_ record: StageRecord) -> String {
        // A `<` within a string of JSON could end the element.
        let escaped = record.lines.joined(separator: "\n".utf8)
            .split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false).joined(separator: "\\u003c".utf8)
        let data = String(decoding: Array(escaped), as: UTF8.self)
        // Only what has this word is style or script: nothing of the record can be.
        let word = String(FNV1a.hash(data.utf8), radix: 36)
        let policy = "default-src 'none'; style-src 'nonce-\(word)'; script-src 'nonce-\(word)'; img-src data:"
        return text(StageAssets.page)
            .replacing(
                #"<link rel="stylesheet" href="/assets/style.css">"#,
                with: """
                    <meta http-equiv="Content-Security-Policy" content="\(policy)">
                    <style nonce="\(word)">
                    \(text(StageAssets.look))</style>
                    """
            )
            .replacing(
                #"<link rel="stylesheet" href="/assets/stage.css">"#,
                with: "<style nonce=\"\(word)\">\n\(text(StageAssets.style))</style>"
            )
            .replacing(
                #"<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">"#,
                with: #"<link rel="icon" href="data:,">"#
            )
            .replacing(
                #"<script type="module" src="/assets/stage.js"></script>"#,
                with: "<script type=\"module\" nonce=\"\(word)\">\n\(text(StageAssets.script))</script>"
            )
            .replacing("<!-- record -->", with: "<script type=\"text/plain\" id=\"record\">\n\(data)\n</script>")
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension String {
    /// With the first place where `marker` stands replaced.
    fileprivate func replacing(_ marker: String, with text: String) -> String {
        guard let range = ByteString(self).firstRange(of: ByteString(marker)) else { return self }
        let bytes = Array(utf8)
        return String(
            decoding: bytes[..<range.lowerBound] + Array(text.utf8) + bytes[range.upperBound...], as: UTF8.self)
    }
}
