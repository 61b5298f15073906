import BgdemoCCurl
import Synchronization

/// Sends JSON by POST with libcurl, over one kept connection. No pointer leaves this file.
final class CurlPost: Sendable {
    struct Failure: Error {
        let reason: String
        /// Whether the same request may be taken later (OTLP/HTTP, section "Retryable response codes").
        let isTemporary: Bool
    }

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    private static let milliseconds = 5000

    private let url: String
    private let handle: Mutex<Handle?>

    init(_ url: String) {
        self.url = url
        handle = Mutex(Self.isReady ? Handle() : nil)
    }

    /// Blocks for at most 5 seconds.
    ///
    /// - Returns: nil where the server took it.
    func post(_ body: [UInt8]) -> Failure? {
        handle.withLock { handle in
            guard let handle else { return Failure(reason: "libcurl can't be started", isTemporary: false) }
            return handle.post(body, to: url, milliseconds: Self.milliseconds)
        }
    }

    @safe
    private final class Handle {
        private let easy: UnsafeMutableRawPointer
        private let headers: UnsafeMutablePointer<curl_slist>?

        init?() {
            guard let easy = unsafe curl_easy_init() else { return nil }
            unsafe self.easy = unsafe easy
            unsafe headers = unsafe curl_slist_append(nil, "Content-Type: application/json")
        }

        deinit {
            unsafe curl_easy_cleanup(easy)
            unsafe curl_slist_free_all(headers)
        }

        func post(_ body: [UInt8], to url: String, milliseconds: Int) -> Failure? {
            let code = unsafe body.withUnsafeBytes { bytes in
                _ = unsafe ccurl_set_string(easy, CURLOPT_URL, url)
                _ = unsafe ccurl_allow_only(easy, "http,https")
                _ = unsafe ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
                _ = unsafe ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds)
                _ = unsafe ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
                _ = unsafe ccurl_skip_body(easy)
                _ = unsafe ccurl_set_long(easy, CURLOPT_POSTFIELDSIZE, bytes.count)
                // libcurl only reads it.
                _ = unsafe ccurl_set_pointer(
                    easy, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
                return unsafe curl_easy_perform(easy)
            }
            guard code == CURLE_OK else {
                return Failure(reason: unsafe String(cString: curl_easy_strerror(code)), isTemporary: true)
            }
            let status = unsafe ccurl_get_status(easy)
            guard !(200..<300).contains(status) else { return nil }
            return Failure(
                reason: "the collector answered \(status)", isTemporary: [429, 502, 503, 504].contains(status))
        }
    }
}
