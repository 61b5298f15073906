import NIOCore
import NIOSSL

/// One connection of the scripted server.
final class ScriptedSMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias Server = ScriptedSMTPServer

    private let heard: Watched<[Server.Heard]>
    private let extensions: [String]
    private let tls: NIOSSLContext?
    private let script: Server.Script
    private var isEncrypted: Bool
    private var number = 0
    private var mail = 1
    private var bytes: [UInt8] = []
    private var isInText = false
    private var hasTextBegun = false
    /// No final dot begins before it.
    private var scanned = 0
    private var loginLinesLeft = 0
    private var lastLine = ""
    private var isOver = false

    init(
        heard: Watched<[Server.Heard]>, extensions: [String], tls: NIOSSLContext?, isEncrypted: Bool,
        script: @escaping Server.Script
    ) {
        self.heard = heard
        self.extensions = extensions
        self.tls = tls
        self.isEncrypted = isEncrypted
        self.script = script
    }

    func channelActive(context: ChannelHandlerContext) {
        number = heard.change { all in
            all.append(Server.Heard(isEncrypted: isEncrypted))
            return all.count
        }
        act(.banner, else: "220 scripted.example ESMTP", context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        note { $0.isClosed = true }
        isOver = true
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        bytes.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        while !isOver, isInText ? readText(context) : readCommand(context) {}
    }

    // MARK: - Reading

    private func readCommand(_ context: ChannelHandlerContext) -> Bool {
        guard let lineEnd = bytes.firstIndex(of: 0x0a) else { return false }
        let line = String(decoding: bytes[..<lineEnd], as: UTF8.self).trimmingSuffix { $0.isNewline }
        bytes.removeFirst(lineEnd + 1)
        lastLine = line
        note { $0.commands.append(line) }
        if loginLinesLeft > 0 {
            loginLinesLeft -= 1
            if loginLinesLeft > 0 { say("334 UGFzc3dvcmQ6", context) } else { act(.auth, else: "235 welcome", context) }
            return true
        }
        let verb = line.uppercased()
        if verb.hasPrefix("EHLO") || verb.hasPrefix("HELO") {
            let lines = ["scripted.example"] + extensions.filter { !($0 == "STARTTLS" && isEncrypted) }
            act(.ehlo, else: multiline(250, lines), context)
        } else if verb == "STARTTLS" {
            startTLS(context)
        } else if verb.hasPrefix("AUTH") {
            authenticate(verb, context)
        } else if verb.hasPrefix("MAIL") {
            act(.mail, else: "250 2.1.0 sender ok", context)
        } else if verb.hasPrefix("RCPT") {
            act(.rcpt, else: "250 2.1.5 recipient ok", context)
        } else if verb == "DATA" {
            isInText = act(.data, else: "354 go on", context)
        } else if verb == "RSET" {
            act(.rset, else: "250 2.0.0 reset", context)
        } else if verb == "QUIT" {
            act(.quit, else: "221 2.0.0 bye", context)
            end(context)
        } else {
            say("250 as you like", context)
        }
        return true
    }

    private func readText(_ context: ChannelHandlerContext) -> Bool {
        if !hasTextBegun {
            hasTextBegun = true
            if let step = script(place(.text)) {
                perform(step, context)
                return false
            }
        }
        guard let dot = finalDot() else { return false }
        let text = Array(bytes[..<dot])
        bytes.removeFirst(dot + 3)
        (isInText, hasTextBegun, scanned) = (false, false, 0)
        note { $0.texts.append(text) }
        act(.dot, else: "250 2.0.0 queued as \(number)-\(mail)", context)
        mail += 1
        if let step = script(place(.rest)) { perform(step, context) }
        return true
    }

    /// Where the line with the final dot begins.
    private func finalDot() -> Int? {
        while let dot = bytes[scanned...].firstIndex(of: 0x2e), dot + 2 < bytes.count {
            let beginsLine = dot == 0 || dot >= 2 && bytes[dot - 2] == 0x0d && bytes[dot - 1] == 0x0a
            if beginsLine, bytes[dot + 1] == 0x0d, bytes[dot + 2] == 0x0a { return dot }
            scanned = dot + 1
        }
        return nil
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        guard act(.starttls, else: "220 2.0.0 go ahead", context), let tls else { return }
        do {
            try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
            isEncrypted = true
            note { $0.isEncrypted = true }
        } catch {
            context.close(promise: nil)
        }
    }

    private func authenticate(_ command: String, _ context: ChannelHandlerContext) {
        let words = command.split(separator: " ")
        if words.count > 2 {
            act(.auth, else: "235 welcome", context)
        } else {
            loginLinesLeft = words.last == "LOGIN" ? 2 : 1
            say(words.last == "LOGIN" ? "334 VXNlcm5hbWU6" : "334 ", context)
        }
    }

    // MARK: - Acting

    private func place(_ point: Server.Point) -> Server.Place {
        Server.Place(point: point, connection: number, mail: mail, line: lastLine)
    }

    /// Does what the script says, or what a server should; whether it was the latter.
    @discardableResult
    private func act(_ point: Server.Point, else reply: String, _ context: ChannelHandlerContext) -> Bool {
        guard let step = script(place(point)) else {
            say(reply, context)
            return true
        }
        perform(step, context)
        return false
    }

    private func perform(_ step: Server.Act, _ context: ChannelHandlerContext) {
        switch step {
        case .say(let reply): say(reply, context)
        case .sayRaw(let text):
            context.writeAndFlush(NIOAny(context.channel.allocator.buffer(string: text)), promise: nil)
        case .sayAndCut(let reply):
            say(reply, context)
            end(context)
        case .sayAndHang(let reply):
            say(reply, context)
            hang(context)
        case .cut: end(context)
        case .hang: hang(context)
        }
    }

    private func hang(_ context: ChannelHandlerContext) {
        isOver = true
        note { $0.isHanging = true }
        context.channel.setOption(.autoRead, value: false).assumeIsolated().whenFailure { _ in }
    }

    private func say(_ reply: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(context.channel.allocator.buffer(string: reply + "\r\n")), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext) {
        isOver = true
        context.close(promise: nil)
    }

    private func note(_ change: (inout Server.Heard) -> Void) {
        heard.change { change(&$0[number - 1]) }
    }

    private func multiline(_ code: Int, _ lines: [String]) -> String {
        lines.enumerated().map { "\(code)\($0.offset == lines.count - 1 ? " " : "-")\($0.element)" }
            .joined(separator: "\r\n")
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var rest = self[...]
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return String(rest)
    }
}
