import BgdemoFoundations

/// A record as one HTML file that plays by itself, without a network and without `bgdemo`.
public enum StageExport {
    /// A larger record is none that a browser would play.
    private static let maxBytes = 256 << 20

    /// - Parameter path: Of a record, lines of JSON.
    /// - Throws: ``StageError`` where it is no record.
    public static func page(ofRecord path: String) throws(StageError) -> String {
        try page(String(decoding: BoundedFile.read(path, limit: maxBytes), as: UTF8.self))
    }

    static func page(_ record: String) throws(StageError) -> String {
        guard record.hasBytePrefix(#"{"t":"#), record.containsBytes(of: #""stage":{"version":1,"#) else {
            throw StageError("this is no record of the stage")
        }
        // A `<` within a string of JSON could end the element.
        let data = record.utf8.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }.joined(separator: "\\u003c")
        // Only what has this word is style or script: nothing of the record can be.
        let word = String(FNV1a.hash(record.utf8), radix: 36)
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
            .replacing("<!-- record -->", with: "<script type=\"text/plain\" id=\"record\">\n\(data)</script>")
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
