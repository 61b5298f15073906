import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A record as one HTML file that plays by itself, without a network and without `bgdemo`.
public enum StageExport {
    /// - Parameter path: Of a record, lines of JSON.
    /// - Throws: ``StageError`` where it is no record.
    public static func page(ofRecord path: String) throws(StageError) -> String {
        let record: String
        do { record = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw StageError("cannot read the record \(path): \(error)")
        }
        return try page(record)
    }

    static func page(_ record: String) throws(StageError) -> String {
        guard record.hasBytePrefix(#"{"t":"#), record.containsBytes(of: #""stage":{"version":1,"#) else {
            throw StageError("this is no record of the stage")
        }
        // A `<` within a string of JSON could end the element.
        let data = record.utf8.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }.joined(separator: "\\u003c")
        let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
        return text(PackageResources.stage_html)
            .replacing(
                #"<link rel="stylesheet" href="/stage.css">"#,
                with: """
                    <meta http-equiv="Content-Security-Policy" content="\(policy)">
                    <style>
                    \(text(PackageResources.stage_css))</style>
                    """
            )
            .replacing(
                #"<script type="module" src="/stage.js"></script>"#,
                with: "<script type=\"module\">\n\(text(PackageResources.stage_js))</script>"
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
