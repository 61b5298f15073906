import Foundation
import Testing

/// Text from outside is compared, hashed and searched as bytes (see `ByteString`): `String` does it by canonical
/// equivalence, in the square of the length of what a sender chose. This finds the lines that may do so.
///
/// What it finds in vain, such as a text of this program's own, gets a line in ``allowed``, with the reason.
@Suite struct ForeignTextTests {
    /// What compares, hashes or changes text by `Character`, or lets `Decodable` see names that nothing has bounded.
    private static let suspects = [
        #"\.has(Prefix|Suffix)\("#, #"\.(lower|upper)cased\(\)"#, #"\bCharacter\b"#,
        #"\bJSON(Decoder\(|Serialization\.)"#,
        #"\.is(Letter|Number|Whitespace|Newline|Punctuation|HexDigit)\b"#, #"\[(String|Substring): "#,
        #"\bSet<(String|Substring)>"#, #"\.range\(of:"#, #"\.replacingOccurrences\("#, #"\.components\("#,
        #"\.split\(separator: ""#, #"\.text\)\.sorted\(\)"#,
        #"[!=]= "[^"\\]{2,}""#, #"\.(code|text|message|target|type|id)\)? [!=]= ""#,
        #"\.(className|consumer|digest|field|handler|host|key|name|path|queue|subject|value)\)? [!=]= (?!nil)[$a-z]"#,
    ]

    /// A file, or a file and a word of the line, with the reason.
    private static let allowed: [String: String] = [
        "Sources/Email/: unicodeScalars.split": "by scalars",
        "Sources/Email/AddressLiteral.swift: text.split": "at most as long as an address",
        "Sources/Email/Address.swift: Character(Unicode.Scalar(byte))": "one byte, as a character of a message",
        "Sources/Email/Domain.swift: Character(Unicode.Scalar(byte))": "one byte, as a character of a message",
        "Sources/Email/Domain.swift: label.lowercased()": "at most 63 bytes, folded as IDNA wants it",
        "Sources/Email/AddressLiteral.swift: isHexDigit": "at most as long as an address, and at most 4 bytes",
        "Sources/Email/MIMEMessage.swift: from.domain": "the sender's own domain",
        "Sources/Foundations/JavaScriptJSON.swift: split": "the digits of a number",
        "Sources/Foundations/TimeZoneRules.swift: hasPrefix": "the process' own TZ",
        "Sources/Eventr/ConsumerSession.swift: held": "by tokens that were made here",
        "Sources/Foundations/JSONReader+Decode.swift: JSONDecoder": "the one decoder, behind a linear reader",
        "Sources/Lua/": "the scripts of a test",
        "Sources/RedisTesting/": "the commands of a test",
        "Sources/MailAPI/IdempotencyCache.swift: [String: ": "by keys that are ASCII and at most 260 bytes",
        "Sources/MailAPI/MailRouter.swift: pages": "by paths of this program; a longer one is not looked up",
        "Sources/QueueBus/Fanout.swift: name.hasPrefix": "a ByteString",
        "Sources/QueueBus/Matcher.swift: filters": "the application's own filters",
        "Sources/RedisClient/PendingCommand.swift: last.code": "capital letters of ASCII, or ERR",
        "Sources/RedisClient/RedisCluster.swift: error.reply?.code": "capital letters of ASCII, or ERR",
        "Sources/RedisClient/RedisCommand+Route.swift: uppercased()": "the name of a command of this program",
        "Sources/RedisClient/RedisURL+Connect.swift: errnoCode": "the system's name of an error",
        "Sources/Resque/Cron": "an expression of ASCII and at most 200 bytes",
        "Sources/Resque/Recurrence.swift: ": "a duration of ASCII and at most 200 bytes",
        "Sources/Resque/ProcessIdentity.swift: split": "what this host says in /proc",
        "Sources/Resque/WorkerID.swift: info.hostName": "this host's own name",
        "Sources/RubyRegex/RegexParser.swift: isWhitespace": "one scalar's property",
        "Sources/RubyRegex/UnicodeProperty.swift: ": "one scalar's property",
        "Sources/SMTPClient/CurlConnection.swift: split": "libcurl's own version",
        "Sources/SMTPClient/SMTPServer.swift: host": "a host of the command line",
        "Sources/SMTPInbox/CharsetDecoder.swift: ": "names of the system's converters, of ASCII and at most 40 bytes",
        "Sources/SMTPInbox/AddressRule.swift: split": "at most as long as an address",
        "Sources/SMTPInbox/InboxFault.swift: split": "an option of the command line",
        "Sources/SMTPInbox/ReplyDelay.swift: split": "an option of the command line",
        "Sources/SMTPInbox/SMTPCommand.swift: ": "a command line, which is bounded",
        "Sources/Telemetry/PrometheusMetricsFactory.swift: split": "the metrics of this process",
        "Sources/Telemetry/PrometheusMetricsFactory.swift: help": "the metrics of this process",
        "Sources/Stage/Acts/StageAction.swift: split": "a line of at most 200 bytes",
        "Sources/Stage/Lanes/Ground.swift: ": "by the lanes' names, at most nine",
        "Sources/Stage/Terminal/": "a key of this terminal",
        "Sources/Web/Inbox/InboxList.swift: isWhitespace": "a text of at most 600 encoded bytes",
        "Sources/Web/Inbox/MailSearch.swift: word.hasPrefix": "a ByteString",
        "Sources/Web/Queues/QueuesSearch.swift: lower.hasPrefix": "a ByteString",
        "Sources/Web/Rendering/Template": "by names in the templates of this program",
        "Sources/Eventr/EventLog.swift: $0.key != ": "a ByteString",
        "Sources/Foundations/JSONObject.swift: $0.name == name": "ByteStrings",
        "Sources/MailAPI/MailFields.swift: name == ": "a ByteString",
        "Sources/QueueBus/BusEvent.swift: $0.name == name": "ByteStrings",
        "Sources/QueueBus/Fanout.swift: name == ": "a ByteString",
        "Sources/QueueBus/Matcher.swift: $0.name == ": "ByteStrings",
        "Sources/RedisClient/ReconnectingConnection.swift: code == ": "capital letters of ASCII, or ERR",
        "Sources/RedisClient/RedisReplyError.swift: code == ": "capital letters of ASCII, or ERR",
        "Sources/RedisClient/RedisURL.swift: parts.scheme": "a URL of the command line",
        "Sources/ResqueTesting/": "the jobs of a test",
        "Sources/SMTPClient/SMTPServer.swift: url": "a URL of the command line",
        "Sources/SMTPClient/SMTPURL.swift: text": "a URL of the command line",
        "Sources/SMTPInbox/AddressRule.swift: word": "at most as long as an address",
        "Sources/SMTPInbox/MIMEParameters.swift: $0.name == ": "ByteStrings",
        "Sources/SMTPInbox/MIMEPart.swift: wanted": "a word of this program",
        "Sources/Stage/Acts/StageAction.swift: word": "a line of at most 200 bytes",
        "Sources/Stage/Engine/Stage.swift: plan.name": "a word of such a line",
        "Sources/Web/Home/HomePages.swift: request.user": "a word of this program",
        "Sources/Web/Home/MailProgress.swift: word == ": "a ByteString",
        "Sources/Web/Queues/RedisPage.swift: ByteString(key.type) == ": "a ByteString",
        "Sources/Web/Queues/RedisKeyPage.swift: type == ": "a ByteString",
        "Sources/Resque/Queue+Items.swift: type": "at most 40 bytes",
        "Sources/Web/Inbox/MailPage.swift: $0.name ": "the names of this program's views",
        "Sources/Web/Inbox/MailSearch.swift: word == ": "a ByteString",
        "Sources/Web/Queues/QueuesSearch.swift: lower == ": "a ByteString",
        "Sources/Web/Site/PageFields.swift: $0.name == name": "ByteStrings",
        "Sources/Web/: path": "ByteStrings",
        "Sources/Web/Site/WebSite.swift: name == ": "a ByteString",
        "Sources/Web/Site/PageSection.swift: assets": "by the names of this program's files",
        "Sources/Web/Site/WebSite.swift: assets": "by the names of this program's files; a longer one is not looked up",
        "Sources/Web/Rendering/Asset.swift: shared": "by the names of this program's files",
        "Sources/CommandLine/": "a word of the command line or of this program",
        "strategies/Resque/ResqueOptions.swift: ": "a word of the command line",
        "strategies/Core/EnvironmentVariables.swift: ": "the process' own environment",
        "strategies/Core/MasterSupport.swift: variables": "the process' own environment",
        "strategies/Local/Pipes/": "the variables of a child",
        "strategies/Local/Spool/KeyFile.swift: [String: ": "by keys that are ASCII and at most 260 bytes",
    ]

    @Test("No line compares text from outside by Character, or decodes JSON that nothing has bounded")
    func sources() throws {
        var unused = Set(Self.allowed.keys)
        for path in try Self.paths() {
            let source = try String(contentsOfFile: "\(PackageDump.root)/\(path)", encoding: .utf8)
            for line in try Self.suspicious(source) {
                let reasons = Self.allowed.keys.filter { key in
                    let parts = key.split(separator: ": ", maxSplits: 1)
                    return path.hasPrefix(parts[0]) && (parts.count == 1 || line.contains(parts[1]))
                }
                #expect(!reasons.isEmpty, "\(path):\(line)")
                unused.subtract(reasons)
            }
        }
        #expect(unused.isEmpty, "exceptions that nothing needs any more")
    }

    @Test(
        "Each of them is found, and no comment",
        arguments: [
            #"if name.hasPrefix("a") {"#, "name.lowercased()", "let c: Character = x", "x.hasSuffix(y)",
            "try JSONDecoder().decode(T.self, from: d)", "text.first?.isNumber", "var jobs: [String: Job] = [:]",
            "Set<String>()", #"if error.code == "ASK" {"#, #"guard (try? value.text) == "no" else {"#,
        ])
    func suspects(line: String) throws {
        #expect(try Self.suspicious("\(line)\n// \(line)\n    /// \(line)") == ["1: \(line)"])
    }

    @Test("No command prints a name but by what escapes it")
    func prints() throws {
        let folder = "\(PackageDump.root)/Sources/CommandLine/Commands"
        // What prints is made by `Table`, by `ResultOutput` or by `printable`; or it clears the screen, or has a port.
        let known = #"ResultOutput\.(json|line)|\\u\{1b\}|print\(finding\)|server\.port"#
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file != "ResultOutput.swift" {
            let lines = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).split(separator: "\n")
            for (place, line) in lines.enumerated() where line.contains(/\bprint\(/) {
                let whole = line + (line.hasSuffix("(") ? lines[min(place + 1, lines.count - 1)] : "")
                #expect(try whole.firstMatch(of: Regex(known)) != nil, "\(file): \(line)")
            }
        }
    }

    /// All sources but those that see only this machine and its command line.
    private static func paths() throws -> [String] {
        let own = ["Benchmarking", "PrivateRedis", "SystemCompat", "CommandLine/Comparing"].map { "Sources/\($0)/" }
        return ["Sources", "strategies"].flatMap { folder in
            let files = FileManager.default.enumerator(atPath: "\(PackageDump.root)/\(folder)")
            return (files?.compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }
        }.filter { path in path.hasSuffix(".swift") && !own.contains { path.hasPrefix($0) } }
    }

    private static func suspicious(_ source: String) throws -> [String] {
        let pattern = try Regex(suspects.joined(separator: "|"))
        return source.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { place, line in
            let code = line.drop { $0 == " " }
            return code.hasPrefix("//") || code.firstMatch(of: pattern) == nil ? nil : "\(place + 1): \(code)"
        }
    }
}
