// A long file, because no other calls libcurl and no pointer leaves it.

import BgdemoCCurl
import BgdemoEmail
import Synchronization

/// What libcurl, or one of its connections, says is wrong.
struct CurlError: Error {
    let reason: String
}

/// libcurl's multi interface: opens connections side by side, and waits for their sockets. Everything but ``wake()``
/// belongs to one thread.
@safe
final class CurlMulti: @unchecked Sendable {
    private let multi: UnsafeMutableRawPointer
    private var waits: [curl_waitfd] = []

    /// Of the library: `8.5.0`.
    static var version: String {
        let words = unsafe String(cString: curl_version()).split(separator: " ")
        return words.first?.split(separator: "/").last.map(String.init) ?? "unknown"
    }

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Parameter connections: How many will be open at once.
    init(connections: Int) throws(CurlError) {
        guard Self.isReady, let multi = unsafe curl_multi_init() else {
            throw CurlError(reason: "libcurl can't be started: too little memory, or too few file descriptors")
        }
        unsafe self.multi = unsafe multi
        // Its cache of connections must never be full: it would close the oldest.
        _ = unsafe ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections + 1)
    }

    deinit {
        _ = unsafe curl_multi_cleanup(multi)
    }

    /// Ends the ``wait(for:milliseconds:)`` under way, or the next. From any thread.
    func wake() {
        _ = unsafe curl_multi_wakeup(multi)
    }

    /// Returns when a socket is ready, when ``wake()`` was called, or when time is up; the connections then know
    /// whether they are ready.
    func wait(for connections: some Sequence<CurlConnection>, milliseconds: Int) throws(CurlError) {
        waits.removeAll(keepingCapacity: true)
        for connection in connections {
            let events = CURL_WAIT_POLLIN | (connection.wantsToSend ? CURL_WAIT_POLLOUT : 0)
            waits.append(curl_waitfd(fd: connection.socket, events: Int16(events), revents: 0))
        }
        let result = unsafe waits.withUnsafeMutableBufferPointer { waits in
            unsafe curl_multi_poll(multi, waits.baseAddress, UInt32(waits.count), Int32(clamping: milliseconds), nil)
        }
        guard result == CURLM_OK else { throw CurlError(reason: unsafe String(cString: curl_multi_strerror(result))) }
        for (wait, connection) in zip(waits, connections) {
            connection.isReady = wait.revents != 0
        }
    }

    /// Goes on with the openings. Those that end have then a ``CurlConnection/result``.
    func perform() {
        var running: Int32 = 0
        _ = unsafe curl_multi_perform(multi, &running)
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle,
                let pointer = unsafe ccurl_get_private(easy)
            else { continue }
            let connection = unsafe Unmanaged<CurlConnection>.fromOpaque(pointer).takeUnretainedValue()
            unsafe connection.didEnd(message.pointee.data.result)
        }
    }

    fileprivate func add(_ easy: UnsafeMutableRawPointer) -> Bool {
        unsafe curl_multi_add_handle(multi, easy) == CURLM_OK
    }
    fileprivate func remove(_ easy: UnsafeMutableRawPointer) { _ = unsafe curl_multi_remove_handle(multi, easy) }
}

/// One connection of libcurl's. libcurl finds the host and connects; then it says EHLO and begins TLS, and logs in where
/// the login is left to it (its `CURLOPT_CONNECT_ONLY`); then bytes go in and out.
///
/// These are two steps, because libcurl waits for a line with a code from whatever answers. Between them the server's
/// first bytes are looked at, and the address that the connection has here is known for EHLO.
///
/// The mail itself is not libcurl's work, because its SMTP *blocks*: in `smtp_done` the whole thread, with all other
/// transfers, waits for the reply to the final dot (7.88 to 8.22, "we have no general support for non-blocking DONE
/// operations"). One slow server would stop every mail.
@safe
final class CurlConnection {
    /// How far the opening has come.
    private enum Phase {
        case closed
        /// TCP.
        case connecting
        /// The server speaks first.
        case awaitingBanner
        /// libcurl's part of SMTP, and TLS.
        case greeting
        case open
    }

    private let multi: CurlMulti
    private let easy: UnsafeMutableRawPointer
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    /// The connected socket that libcurl takes over for its second step, or `CURL_SOCKET_BAD`.
    private let connected = UnsafeMutablePointer<curl_socket_t>.allocate(capacity: 1)
    private var isAdded = false
    private var phase = Phase.closed
    private var plan = Plan()
    private(set) var handshake = SMTPHandshake()
    /// Whether libcurl logs in while it opens the connection.
    var logsIn: Bool { plan.login != nil }
    /// How the opening ended; nil while it goes on.
    private(set) var result: Result<Void, CurlError>?
    fileprivate var socket = CURL_SOCKET_BAD
    /// Whether ``CurlMulti/wait(for:milliseconds:)`` is to return when bytes can go out.
    var wantsToSend = false
    /// Whether there may be bytes to take, or space for bytes to send.
    fileprivate(set) var isReady = false

    /// How to open it.
    struct Plan {
        var scheme = SMTPServer.Scheme.smtp
        var host = ""
        var port = 25
        /// What to say in EHLO; nil for the address that the connection has here.
        var clientName: String?
        /// What libcurl logs in by.
        var login: (user: String, secret: String, mechanisms: [SASLMechanism])?
        /// STARTTLS, or no connection.
        var demandsTLS = false
        var caFile: String?
        /// The client's own clock keeps both; libcurl's are the net below it.
        var stageMilliseconds = 0
        var totalMilliseconds = 0

        var isTLSFirst: Bool { scheme == .smtps }
        var isEncrypted: Bool { isTLSFirst || demandsTLS }
        var authority: String { "\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)" }
    }

    init(_ multi: CurlMulti) throws(CurlError) {
        guard let easy = unsafe curl_easy_init() else { throw CurlError(reason: "libcurl is out of memory") }
        self.multi = multi
        unsafe self.easy = unsafe easy
        unsafe connected.initialize(to: CURL_SOCKET_BAD)
    }

    deinit {
        close()
        unsafe curl_easy_cleanup(easy)
        unsafe errorText.deallocate()
        unsafe connected.deallocate()
    }

    /// Begins to open it. ``CurlMulti/perform()`` and ``advance()`` go on with it, until it has a ``result``.
    func open(_ plan: Plan) throws(CurlError) {
        close()
        (handshake, result, wantsToSend) = (SMTPHandshake(), nil, false)
        self.plan = plan
        // Any scheme would do that begins with no more than TCP.
        try prepare("http://\(plan.authority)", protocols: "http")
        try add()
        phase = .connecting
    }

    /// Goes on after ``CurlMulti/perform()``.
    func advance() {
        guard result == nil else { return }
        do throws(CurlError) {
            if phase == .awaitingBanner, isReady { try lookAtBanner() }
            if let violation = handshake.violation { throw CurlError(reason: violation) }
        } catch {
            result = .failure(error)
        }
    }

    /// The server's first bytes have come: are they SMTP?
    private func lookAtBanner() throws(CurlError) {
        var bytes: [UInt8] = []
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: SMTPReplyParser.shown) { buffer in
            let count = unsafe ccurl_peek(connected.pointee, buffer.baseAddress, buffer.count)
            if count > 0 { unsafe bytes.append(contentsOf: buffer.prefix(count)) }
        }
        // Where nothing is there the server has closed, which libcurl says better.
        guard SMTPReplyParser.canBegin(with: bytes) else {
            handshake.noteBanner()
            throw CurlError(reason: SMTPReplyParser.Violation(bytes).description)
        }
        try greet()
    }

    /// Hands the connected socket over to libcurl's SMTP.
    private func greet() throws(CurlError) {
        let name = plan.clientName ?? ClientHostName.literal(localAddress)
        socket = CURL_SOCKET_BAD
        try prepare(
            "\(plan.scheme.rawValue)://\(plan.authority)/\(ClientHostName.escaped(name))", protocols: "smtp,smtps")
        try set(CURLOPT_USE_SSL, Int((plan.demandsTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE).rawValue))
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let caFile = plan.caFile { try set(CURLOPT_CAINFO, caFile) }
        if let login = plan.login {
            try set(CURLOPT_USERNAME, login.user)
            try set(CURLOPT_PASSWORD, login.secret)
            try set(CURLOPT_LOGIN_OPTIONS, login.mechanisms.map { "AUTH=\($0.rawValue)" }.joined(separator: ";"))
        }
        try check(unsafe ccurl_adopt(easy, connected))
        try check(unsafe ccurl_set_debug(easy, noteTraffic))
        try set(CURLOPT_VERBOSE, 1)
        try add()
        phase = .greeting
        multi.wake()
    }

    private var localAddress = ""

    private func prepare(_ url: String, protocols: String) throws(CurlError) {
        unsafe curl_easy_reset(easy)
        unsafe errorText[0] = 0
        try set(CURLOPT_URL, url)
        try set(CURLOPT_CONNECT_ONLY, 1)
        try set(CURLOPT_FRESH_CONNECT, 1)
        try set(CURLOPT_NOSIGNAL, 1)
        // An http_proxy in the environment is not meant for mail.
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_BUFFERSIZE, 4096)
        try set(CURLOPT_TIMEOUT_MS, plan.totalMilliseconds)
        try set(CURLOPT_CONNECTTIMEOUT_MS, plan.totalMilliseconds)
        try set(CURLOPT_SERVER_RESPONSE_TIMEOUT, plan.stageMilliseconds / 1000 + 1)
        try check(unsafe ccurl_allow_only(easy, protocols))
        unsafe ccurl_do_not_wait_for_resolver(easy)
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        try check(unsafe ccurl_set_pointer(easy, CURLOPT_PRIVATE, me))
        try check(unsafe ccurl_set_pointer(easy, CURLOPT_DEBUGDATA, me))
        try check(unsafe ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
    }

    private func add() throws(CurlError) {
        guard unsafe multi.add(easy) else { throw CurlError(reason: "libcurl takes no more connections") }
        isAdded = true
    }

    /// Closes it at once, without a word to the server.
    func close() {
        release()
        unsafe ccurl_close(connected)
        (phase, socket) = (.closed, CURL_SOCKET_BAD)
    }

    private func release() {
        guard isAdded else { return }
        unsafe multi.remove(easy)
        isAdded = false
    }

    /// How far the opening has come.
    var stage: SMTPFailure.Stage {
        switch phase {
        case .closed, .connecting: .connect
        case .awaitingBanner: .banner
        case .greeting, .open:
            switch handshake.stage {
            case .connect where plan.isTLSFirst:
                unsafe ccurl_get_time(easy, CURLINFO_APPCONNECT_TIME_T) > 0 ? .banner : .connect
            case .connect: .banner
            default: handshake.stage
            }
        }
    }

    fileprivate func didEnd(_ code: CURLcode) {
        unsafe socket = code == CURLE_OK ? ccurl_get_socket(easy) : CURL_SOCKET_BAD
        guard socket != CURL_SOCKET_BAD else {
            result = .failure(CurlError(reason: reason(for: code)))
            return
        }
        switch phase {
        case .connecting: didConnect()
        default:
            _ = unsafe ccurl_set_long(easy, CURLOPT_VERBOSE, 0)
            handshake.end(encrypted: plan.isEncrypted)
            phase = .open
            result = .success(())
        }
    }

    /// TCP stands. Keeps the socket when libcurl closes its own.
    private func didConnect() {
        unsafe connected.pointee = ccurl_duplicate(socket)
        localAddress = unsafe ccurl_get_local_address(easy).map { unsafe String(cString: $0) } ?? ""
        release()
        socket = unsafe connected.pointee
        guard socket != CURL_SOCKET_BAD else {
            result = .failure(CurlError(reason: "too many files are open"))
            return
        }
        phase = .awaitingBanner
        guard plan.isTLSFirst else { return }
        do throws(CurlError) { try greet() } catch { result = .failure(error) }
    }

    private func reason(for code: CURLcode) -> String {
        if code == CURLE_RECV_ERROR { return "the server closed the connection" }
        if code == CURLE_USE_SSL_FAILED, !handshake.capabilities.has("STARTTLS") {
            return "the server offers no STARTTLS; tls=off sends in the clear"
        }
        let text = unsafe String(cString: errorText)
        if text.isEmpty { return unsafe String(cString: curl_easy_strerror(code)) }
        return code == CURLE_SSL_CONNECT_ERROR ? "\(TLSReason(text))" : text
    }

    /// The opening ended before it began.
    func fail(_ error: CurlError) {
        result = .failure(error)
        multi.wake()
    }

    fileprivate func note(_ kind: curl_infotype, _ bytes: UnsafeBufferPointer<UInt8>) {
        switch kind {
        case CURLINFO_HEADER_OUT: unsafe handshake.noteCommand(bytes)
        case CURLINFO_HEADER_IN: unsafe handshake.noteReply(bytes)
        default: break
        }
    }

    // MARK: - Once it is open

    /// Sends what the socket takes of `bytes` from `start` on, and returns where it stopped. As long as that is not the
    /// end, the same bytes have to be offered again (TLS has begun to encrypt them).
    func send(_ bytes: [UInt8], from start: Int) throws(CurlError) -> Int {
        var start = start
        while start < bytes.count {
            var sent = 0
            let result = unsafe bytes.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
                return unsafe curl_easy_send(easy, rest.baseAddress, rest.count, &sent)
            }
            if result == CURLE_AGAIN { break }
            guard result == CURLE_OK else { throw lost(result) }
            start += sent
        }
        return start
    }

    /// Appends what has arrived.
    func receive(into bytes: inout [UInt8]) throws(CurlError) {
        var count = 0
        var result = CURLE_OK
        repeat {
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { buffer in
                unsafe result = curl_easy_recv(easy, buffer.baseAddress, buffer.count, &count)
                if result == CURLE_OK { unsafe bytes.append(contentsOf: buffer.prefix(count)) }
            }
            // TLS may hold more than the socket shows. What is too long for a reply is left there.
        } while result == CURLE_OK && (count == 4096 || count > 0 && plan.isEncrypted)
            && bytes.count <= SMTPReplyParser.limit
        if result == CURLE_AGAIN || result == CURLE_OK && count > 0 { return }
        throw result == CURLE_OK ? CurlError(reason: "the server closed the connection") : lost(result)
    }

    private func lost(_ result: CURLcode) -> CurlError {
        CurlError(reason: "the connection was lost: \(unsafe String(cString: curl_easy_strerror(result)))")
    }

    // MARK: - Options

    private func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(unsafe ccurl_set_long(easy, option, value))
    }

    /// libcurl copies the text.
    private func set(_ option: CURLoption, _ value: String) throws(CurlError) {
        try check(unsafe ccurl_set_string(easy, option, value))
    }

    private func check(_ result: CURLcode) throws(CurlError) {
        guard result == CURLE_OK else {
            throw CurlError(reason: unsafe String(cString: curl_easy_strerror(result)))
        }
    }
}

/// libcurl's `CURLOPT_DEBUGFUNCTION`.
private let noteTraffic: curl_debug_callback = { _, kind, bytes, count, pointer in
    guard let bytes = unsafe bytes, let pointer = unsafe pointer else { return 0 }
    let connection = unsafe Unmanaged<CurlConnection>.fromOpaque(pointer).takeUnretainedValue()
    unsafe bytes.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
        unsafe connection.note(kind, UnsafeBufferPointer(start: bytes, count: count))
    }
    return 0
}
