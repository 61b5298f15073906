import BgdemoTestSupport
import RedisClient
import Testing

@testable import Resque

/// A reservation that is asked for again, because its reply was lost.
@Suite(.timeLimit(.minutes(1)))
struct RepeatedReservationTests {
    private let id = WorkerID("host~1a:7+1:q")

    /// Asks for the first reservation of the worker.
    private func reserve(_ resque: ResqueFixture, isFirst: Bool) async throws -> Reservation? {
        let keys = ResqueKeys(namespace: "resque")
        let request = ReserveRequest(
            worker: ReservingWorker(id, keys), number: 1, last: 0, followUps: [], isFirst: isFirst)
        let results = try await ResqueStore(redis: resque.redis, keys: keys).reserve(
            [request], from: QueueSelection(["q"], keys: keys), term: nil)
        return if case .reserved(let reservation)? = results.first?.found { reservation } else { nil }
    }

    @Test("It is the same job")
    func same() async throws {
        try await withResque { resque in
            try await resque.push(#"{"class":"a"}"#, #"{"class":"b"}"#, to: "q")
            for isFirst in [true, false] {
                #expect(try await reserve(resque, isFirst: isFirst)?.bytes == Array(#"{"class":"a"}"#.utf8))
            }
        }
    }

    @Test("Where its record was removed meanwhile, it is another job, or none")
    func removed() async throws {
        try await withResque { resque in
            try await resque.push(#"{"class":"a"}"#, #"{"class":"b"}"#, to: "q")
            _ = try await reserve(resque, isFirst: true)
            _ = try await resque.redis.send("DEL", "resque:worker:\(id)")
            #expect(try await reserve(resque, isFirst: false)?.bytes == Array(#"{"class":"b"}"#.utf8))
            _ = try await resque.redis.send("DEL", "resque:worker:\(id)")
            #expect(try await reserve(resque, isFirst: false) == nil)
            #expect(try await resque.text("EXISTS", "resque:swift:turns") == "0")
        }
    }

    @Test("Where another program wrote something else there, that fails as a job")
    func replaced() async throws {
        try await withResque { resque in
            try await resque.push(#"{"class":"a"}"#, to: "q")
            _ = try await reserve(resque, isFirst: true)
            _ = try await resque.redis.send("SET", "resque:worker:\(id)", "no record")
            let reservation = try #require(try await reserve(resque, isFirst: false))
            #expect(reservation.bytes == Array("no record".utf8))
            #expect(throws: InvalidJob.self) { try Job(reservation) }
        }
    }
}
