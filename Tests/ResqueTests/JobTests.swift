import BgdemoFoundations
import Foundation
import BgdemoTestSupport
import Testing

@testable import Resque

@Suite struct JobTests {
    private func job(_ text: String) throws -> Job { try Job(Array(text.utf8), from: "emailQueue") }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("A new job has node's form, with the arguments in the order they are written")
    func form() throws {
        let arguments = try JobArguments(json: #"[{"to":"a@b.example","subject":"s","text":"t\/é"}]"#)
        #expect(
            text(Job("sendEmail", arguments, queue: "emailQueue").bytes)
                == #"{"class":"sendEmail","queue":"emailQueue","args":[{"to":"a@b.example","subject":"s","text":"t\/é"}]}"#
        )
        #expect(text(Job("x", queue: "q\"\u{1}\n\u{8}é").bytes) == #"{"class":"x","queue":"q\"\u0001\n\bé","args":[]}"#)
    }

    @Test("Arguments are encoded the same each time, and decoded as the types of the parameters")
    func arguments() throws {
        struct Point: Codable { let y, x: Int }
        let arguments = try JobArguments(1, "two", Point(y: 3, x: 4), [5.5])
        #expect(text(arguments.json) == #"[1,"two",{"x":4,"y":3},[5.5]]"#)
        let (one, two, point, list, none) = try arguments.decode(
            Int.self, String.self, Point.self, [Double].self, Bool?.self)
        #expect(one == 1 && two == "two" && point.y == 3 && list == [5.5] && none == nil)
    }

    @Test(
        "Jobs of Ruby and node are read, whatever their order, escapes and white space",
        arguments: [
            (#"{"class":"SendEmail","args":[1,[],{}]}"#, "SendEmail", "[1,[],{}]"),
            (#" { "args" : [ 1 ] , "queue":"q","class" : "a\u00e9\"" } "#, #"aé""#, "[ 1 ]"),
            (#"{"class":"a","args":null}"#, "a", "[]"),
            (#"{"class":"a"}"#, "a", "[]"),
            (#"{"class":"a","args":{"b":1}}"#, "a", #"[{"b":1}]"#),
            (#"{"class":"a","args":"b"}"#, "a", #"["b"]"#),
            (#"{"class":"b","class":"a","args":[],"cl\u0061ss":"c"}"#, "c", "[]"),
            (#"{"class":"a","args":[12345678901234567890,1e400,-0.0]}"#, "a", "[12345678901234567890,1e400,-0.0]"),
        ])
    func reading(json: String, name: String, arguments: String) throws {
        let job = try job(json)
        #expect(job.className == name)
        #expect(text(job.arguments.json) == arguments)
        #expect(text(job.bytes) == json)
    }

    @Test(
        "Texts that are no job are refused with a reason",
        arguments: [
            "", "hello", "[]", "3", "null", "{", #"{"class"}"#, #"{"class":}"#, #"{"class":"a""#, #"{"class":"a"}}"#,
            #"{"class":"a",}"#, #"{"class":"a" "args":[]}"#, #"{"class":1}"#, #"{"class":null}"#, #"{"args":[]}"#,
            #"{"class":"a","args":[1,]}"#, #"{"class":"a","args":[01]}"#, #"{"class":"a","args":[+1]}"#,
            #"{"class":"a","args":[1.]}"#, #"{"class":"a","args":[.5]}"#, #"{"class":"a","args":[1e]}"#,
            #"{"class":"a","args":[tru]}"#, #"{"class":"a","args":["\x"]}"#, #"{"class":"a","args":["\u12g4"]}"#,
            "{\"class\":\"a\",\"args\":[\"\n\"]}", #"{"class":"a","args":[[1}]}"#, #"{"class":"a"} x"#, "\u{feff}{}",
        ])
    func invalid(json: String) {
        #expect(throws: InvalidJob.self) { try job(json) }
    }

    private enum Color: String, Decodable { case red }

    @Test(
        "No text about arguments that cannot be decoded names a type of Swift or Foundation",
        arguments: [
            (
                #"{"to":"\ud83d"}"#,
                "the arguments cannot be decoded: half of a surrogate pair, which is no character, at byte 8"
            ),
            (
                #"{"to":"\udc00"}"#,
                "the arguments cannot be decoded: half of a surrogate pair, which is no character, at byte 8"
            ),
            (#"{"n":1e400}"#, "the arguments cannot be decoded: 1e400, which is out of range, at byte 6"),
            (#"{"small":300}"#, "the arguments cannot be decoded: 300, which is out of range, at byte 10"),
            (#"{"color":"blue"}"#, "args[0].color is none of the values that are known"),
        ])
    func words(argument: String, text: String) throws {
        struct Argument: Decodable {
            let to: String?
            let n: Double?
            let small: UInt8?
            let color: Color?
        }
        let job = try Job(Array(#"{"class":"a","args":[\#(argument)]}"#.utf8), from: "q")
        let error = #expect(throws: InvalidJobArguments.self) { _ = try job.arguments.decode(Argument.self) }
        #expect(error?.description == text)
    }

    @Test(
        "A class and a name of half a megabyte of combining marks are read and looked up at once",
        .timeLimit(.minutes(1)))
    func marks() throws {
        let start = ContinuousClock.now
        let name = "a" + String(repeating: "\u{301}\u{323}", count: 125_000)
        let job = try job(#"{"\#(name)":1,"class":"\#(name)","args":[{"\#(name)":1}]}"#)
        var jobs = Jobs()
        jobs.register("é") { (_: Job) in }
        #expect(throws: UnknownClass.self) { try jobs.definition(of: job) }
        #expect(throws: InvalidJobArguments.self) { try job.arguments.decode([String: Int].self) }
        // Compared as characters it takes minutes.
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("Bytes that are not UTF-8 are no job")
    func notUTF8() {
        #expect(throws: InvalidJob.self) {
            try Job(Array(#"{"class":"a"#.utf8) + [0xff] + Array(#""}"#.utf8), from: "q")
        }
    }

    @Test("Depth and length have no end that hurts")
    func deep() throws {
        let depth = 200_000
        let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let job = try job(#"{"class":"a","args":\#(deep)}"#)
        #expect(throws: InvalidJobArguments.self) { try job.arguments.decode([Int].self) }
        let long = #"{"class":"a","args":["\#(String(repeating: "x", count: 10 << 20))"]}"#
        #expect(try self.job(long).arguments.decode(String.self).utf8.count == 10 << 20)
    }

    @Test("The scanner takes what Foundation takes as JSON, but for a comma before an end, and nothing else")
    func agrees() {
        let alphabet = Array(#"{}[]",:\tnue1-.0 "#.utf8)
        var generator = SeededRandom(seed: 7)
        for seed in ["{\"a\":[1,{\"b\":null}],\"c\":\"\\n\"}", "[true,-1.5e3,\"x\"]"] {
            for _ in 0..<5000 {
                var bytes = Array(seed.utf8)
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[place] = alphabet.randomElement(using: &generator) ?? 0
                    case 1: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: place)
                    default: bytes.remove(at: place)
                    }
                }
                let text = String(decoding: bytes, as: UTF8.self)
                guard text.firstMatch(of: /,\s*[}\]]/) == nil else { continue }
                let isScanned = (try? JSONValue(bytes)) != nil
                let isParsed = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
                #expect(isScanned == isParsed, "\(text)")
            }
        }
    }

    @Test(
        "Wrong arguments are explained",
        arguments: [
            ("[]", "the job has 0 arguments, too few: argument 1 is an object of the right form"),
            (#"[{"to":"a"},2]"#, "the job has 2 arguments, too many: it takes 1"),
            (#"[{"to":3}]"#, "args[0].to is not a string"),
            (#"[{}]"#, #"args[0] has no "to""#),
            (#"["a"]"#, "args[0] is not an object of the right form"),
            (#"[{"to":null}]"#, "args[0].to is null, where a string is required"),
        ])
    func wrong(json: String, reason: String) throws {
        struct Mail: Decodable { let to: String }
        let arguments = try JobArguments(json: json)
        let error = #expect(throws: InvalidJobArguments.self) { try arguments.decode(Mail.self) }
        #expect(error?.description == reason)
    }
}
