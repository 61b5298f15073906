import Foundation
import BgdemoEmail
import BgdemoFoundations
import NIOCore
import BgdemoPipes
import BgdemoSystemCompat
import BgdemoTestSupport
import Testing

@testable import BgdemoSpool

@Suite("The journal of a spool")
struct JournalTests {
    /// A mail's record, of a length that differs from mail to mail.
    private static func record(_ place: Int) throws -> Journal.Record {
        let text = String(repeating: "t\u{e9}\n", count: 1 + place % 3)
        let email = try Email(to: "you@example.org", subject: "mail \(place)", text: text)
        return .mail(MailLine(email.id, ByteBuffer(string: MailLine.text(of: email))))
    }

    private static func id(_ record: Journal.Record) -> EmailID {
        switch record {
        case .mail(let mail): mail.id
        case .removal(let id): id
        }
    }

    /// What is unsettled after these records.
    private static func unsettled(_ records: some Sequence<Journal.Record>) -> [EmailID] {
        var ids: [EmailID] = []
        for record in records {
            switch record {
            case .mail(let mail): ids.append(mail.id)
            case .removal(let id): ids.removeAll { $0 == id }
            }
        }
        return ids
    }

    /// Mails, of which every third is settled some time later.
    private static func history(_ count: Int) throws -> [Journal.Record] {
        let mails = try (0..<count).map(record)
        return mails.enumerated().flatMap { place, mail in
            place % 3 == 2 ? [mail, .removal(id(mails[place - 2]))] : [mail]
        }
    }

    @Test("A journal cut at any byte keeps every whole record")
    func everyCut() throws {
        let records = try Self.history(5)
        try withDirectory { directory in
            var (journal, _) = try Journal.open(directory)
            var ends = [0]
            for record in records {
                try journal.append([record])
                ends.append(journal.size)
            }
            journal.close()
            let whole = try Data(contentsOf: URL(filePath: directory.appending("journal").string))
            #expect(whole.count == ends.last)
            for cut in 0...whole.count {
                try whole.prefix(cut).write(to: URL(filePath: directory.appending("journal").string))
                var (journal, found) = try Journal.open(directory)
                let survivors = ends.lastIndex { $0 <= cut } ?? 0
                #expect(found.mails.map(\.id) == Self.unsettled(records.prefix(survivors)), "cut at \(cut)")
                #expect(found.torn == cut - ends[survivors])
                #expect(found.damaged == 0)
                // What comes after the cut is read again.
                let more = try Self.record(cut)
                try journal.append([more])
                journal.close()
                let (again, foundAgain) = try Journal.open(directory)
                again.close()
                #expect(foundAgain.mails.map(\.id) == found.mails.map(\.id) + [Self.id(more)])
                #expect(foundAgain.torn == 0)
            }
        }
    }

    @Test("What looks like the beginnings of many large records is passed over in linear time")
    func falseHeaders() throws {
        let start = ContinuousClock.now
        let record = try Self.record(0)
        var bytes = ByteBuffer()
        for _ in 0..<(1 << 14) { bytes.writeInteger(UInt32(0x4000)) }
        let place = bytes.writerIndex
        record.write(into: &bytes)
        let found = try #require(Journal.Record.next(in: bytes, from: 0))
        #expect(found.record == record)
        #expect(found.range == place..<bytes.writerIndex)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("A tail of zeros, as after a power failure, is cut off")
    func zeros() throws {
        let record = try Self.record(1)
        try withDirectory { directory in
            var (journal, _) = try Journal.open(directory)
            try journal.append([record])
            journal.close()
            let path = URL(filePath: directory.appending("journal").string)
            try (Data(contentsOf: path) + Data(count: 4096)).write(to: path)
            let (again, found) = try Journal.open(directory)
            again.close()
            #expect(found.mails.map(\.id) == [Self.id(record)])
            #expect(found.torn == 4096)
        }
    }

    @Test("A changed byte loses at most its record and is reported")
    func everyFlip() throws {
        let records = try Self.history(4)
        try withDirectory { directory in
            var (journal, _) = try Journal.open(directory)
            try journal.append(records)
            journal.close()
            let path = URL(filePath: directory.appending("journal").string)
            let whole = try Data(contentsOf: path)
            for place in whole.indices {
                var changed = whole
                changed[place] ^= 0x41
                try changed.write(to: path)
                let (journal, found) = try Journal.open(directory)
                journal.close()
                #expect(found.damaged + found.torn > 0, "byte \(place)")
                let candidates = records.indices.map { gone in
                    Self.unsettled(records.enumerated().filter { $0.offset != gone }.map(\.element))
                }
                #expect(candidates.contains { Set($0) == Set(found.mails.map(\.id)) }, "byte \(place)")
            }
        }
    }

    @Test("Any bytes open as a journal, and bytes that are no record are counted")
    func anyBytes() throws {
        var random = SeededRandom(seed: 1)
        try withDirectory { directory in
            let path = URL(filePath: directory.appending("journal").string)
            for round in 0..<200 {
                // Many zeros, so that lengths are often plausible.
                let bytes = (0..<(round * 4)).map { _ in
                    Bool.random(using: &random) ? 0 : UInt8.random(in: 0...255, using: &random)
                }
                try Data(bytes).write(to: path)
                let (journal, found) = try Journal.open(directory)
                journal.close()
                #expect(found.mails.isEmpty)
                #expect(found.damaged + found.torn == bytes.count)
            }
        }
    }

    @Test("The journal is rewritten when little of it is live, with the same records")
    func compaction() throws {
        try withDirectory { directory in
            var (journal, _) = try Journal.open(directory, compaction: 4096)
            var records: [Journal.Record] = []
            var compactions = 0
            for place in 0..<400 {
                let record = try Self.record(place)
                try journal.append([record])
                records.append(record)
                // All but each 50th are settled.
                if place % 50 != 0 {
                    try journal.append([.removal(Self.id(record))])
                    records.append(.removal(Self.id(record)))
                }
                if try journal.compactIfWorthwhile() { compactions += 1 }
            }
            #expect(compactions > 3)
            #expect(journal.size < 8192)
            journal.close()
            let (again, found) = try Journal.open(directory)
            again.close()
            #expect(found.mails.map(\.id) == Self.unsettled(records))
            #expect(found.mails.count == 8)
            #expect(found.torn + found.damaged == 0)
        }
    }

    @Test("A mail that comes again after it was done is there once; one that comes twice is done once")
    func again() throws {
        let (one, two) = (try Self.record(0), try Self.record(1))
        let done = Journal.Record.removal(Self.id(one))
        let cases: [([Journal.Record], [Journal.Record])] = [
            ([one, done, one], [one]), ([one, two, done, one], [two, one]), ([one, one, two], [one, two]),
            ([one, one, done], []),
        ]
        for (records, left) in cases {
            try withDirectory { directory in
                var (journal, _) = try Journal.open(directory)
                try journal.append(records)
                journal.close()
                let (again, found) = try Journal.open(directory)
                again.close()
                #expect(found.mails.map(\.id) == left.map(Self.id))
            }
        }
    }

    @Test("A spool belongs to one master at a time")
    func lock() async throws {
        try await withDirectory { directory in
            let (spool, _) = try Spool.open(directory.string, sync: .always, logger: .silentInTests)
            #expect(throws: SpoolError.self) {
                try Spool.open(directory.string, sync: .always, logger: .silentInTests)
            }
            await spool.close()
            let (next, _) = try Spool.open(directory.string, sync: .always, logger: .silentInTests)
            await next.close()
        }
    }

    @Test(
        "Each mail is confirmed once, in order, after it is in the file",
        arguments: SpoolSync.allCases)
    func keeping(_ policy: SpoolSync) async throws {
        let ids = Watched<[EmailID]>([])
        try await withDirectory { directory in
            let (spool, _) = try Spool.open(directory.string, sync: policy, logger: .silentInTests)
            let mails = try (0..<500).map { place -> MailLine in
                guard case .mail(let mail) = try Self.record(place) else { throw CancellationError() }
                return mail
            }
            for mail in mails {
                spool.write(Spool.PendingWrite(server: 1, mail: mail, since: .now())) { writes, failure in
                    #expect(failure == nil)
                    ids.change { $0 += writes.map(\.mail.id) }
                }
            }
            try await ids.wait { $0.count >= 500 }
            #expect(ids.value == mails.map(\.id))
            for mail in mails.prefix(400) { spool.remove(mail.id) }
            await spool.close()
            let (_, found) = try Spool.open(directory.string, sync: policy, logger: .silentInTests)
            #expect(found.mails.map(\.id) == mails.dropFirst(400).map(\.id))
        }
    }
}
