import BgdemoCore
import BgdemoEmail
import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Testing

@testable import BgdemoSpool

@Suite("The Idempotency-Keys of a spool", .timeLimit(.minutes(1)))
struct FileIdempotencyStoreTests {
    private static func record(_ answer: String = "") -> IdempotencyRecord {
        IdempotencyRecord(fingerprint: "f", id: EmailID(), answer: answer)
    }

    private static func size(of path: FilePath) throws -> Int { try Data(contentsOf: URL(filePath: path.string)).count }

    @Test("The file stays small while a web server runs, and no key of the day is lost")
    func compaction() async throws {
        try await withDirectory { directory in
            let store = try FileIdempotencyStore(directory.string, compaction: 20_000)
            let kept = Self.record("kept")
            try await store.finish("kept", kept)
            var largest = 0
            for round in 0..<2000 {
                let key = "\(round % 7)"
                try await store.finish(key, Self.record("\(round)"))
                largest = max(largest, try Self.size(of: directory.appending("keys")))
            }
            #expect((20_000..<21_000).contains(largest))
            for store in [store, try FileIdempotencyStore(directory.string)] {
                #expect(try await store.begin("kept", Self.record()) == .answered(kept))
            }
        }
    }

    @Test("Two web servers see each other's keys, whichever of them compacts the file, and one of both is the first")
    func handover() async throws {
        try await withDirectory { directory in
            let stores = try (0..<2).map { _ in try FileIdempotencyStore(directory.string, compaction: 2000) }
            for round in 0..<200 {
                let key = "\(round)"
                let states = try await withThrowingTaskGroup(of: IdempotencyState.self) { group in
                    for store in stores { group.addTask { try await store.begin(key, Self.record()) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(states.filter { $0 == .first }.count == 1)
                let answer = Self.record(key)
                try await stores[round % 2].finish(key, answer)
                #expect(try await stores[1 - round % 2].begin(key, Self.record()) == .answered(answer))
            }
        }
    }

    @Test("A key that was forgotten is forgotten by all, after a compaction too")
    func forgotten() async throws {
        try await withDirectory { directory in
            let stores = try (0..<2).map { _ in try FileIdempotencyStore(directory.string, compaction: 2000) }
            let request = Self.record()
            #expect(try await stores[0].begin("k", request) == .first)
            #expect(try await stores[1].begin("k", Self.record()) == .pending(request))
            try await stores[0].forget("k", request)
            for round in 0..<50 { try await stores[0].finish("\(round)", Self.record()) }
            #expect(try await stores[1].begin("k", Self.record()) == .first)
        }
    }

    @Test("A line of which a full disk took a part costs no later one")
    func torn() async throws {
        try await withDirectory { directory in
            let store = try FileIdempotencyStore(directory.string)
            let answer = Self.record("answer")
            try await store.finish("before", answer)
            let file = try #require(FileHandle(forWritingAtPath: directory.appending("keys").string))
            try file.seekToEnd()
            try file.write(contentsOf: Data(#"{"at":1,"key":"torn","kind":"req"#.utf8))
            try file.close()
            try await store.finish("after", answer)
            let next = try FileIdempotencyStore(directory.string)
            #expect(try await next.begin("before", Self.record()) == .answered(answer))
            #expect(try await next.begin("after", Self.record()) == .answered(answer))
        }
    }
}
