import BgdemoBenchmarking
import Testing

@Suite struct LoadTests {
    @Test func arrivalsAreOfAPoissonProcess() {
        let due = Load(.open(rate: 1000), seconds: 100, seed: 5).schedule()
        #expect(due == due.sorted())
        #expect((99_000...101_000).contains(due.count))
        // The gaps are as far spread as they are long, and each second's count varies as much as it is large.
        let gaps = zip(due.dropFirst(), due).map { Double($0 - $1) / 1e6 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let deviation = (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)).squareRoot()
        #expect((0.98...1.02).contains(mean) && (0.98...1.02).contains(deviation / mean))
    }

    @Test func evenArrivalsAreEven() {
        var load = Load(.open(rate: 100), seconds: 1, seed: 5)
        load.arrivals = .even
        #expect(load.schedule().first == 10_000_000 && load.schedule().count == 99)
    }

    @Test func partsOfOneSeedHaveOtherIds() {
        let runs = [("main", 1), ("main", 2), ("sweep 100", 1)].map { part, seed in
            Load(.open(rate: 1), seconds: 1, seed: UInt64(seed), part: part).run
        }
        #expect(Set(runs).count == 3)
        #expect(runs.allSatisfy { $0.count == 8 && !$0.contains("-") })
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080, ""), ("http://example.org/", "example.org", 80, ""),
        ("http://[::1]:1/a/b/", "::1", 1, "/a/b"),
    ])
    func targetsAreRead(url: String, host: String, port: Int, prefix: String) throws {
        let target = try Target(url: url)
        #expect(target == Target(host: host, port: port, prefix: prefix))
    }

    @Test(arguments: [
        "", "127.0.0.1:80", "https://a", "http://", "http://:80", "http://a:0", "http://a:99999", "http://a:b",
        "http://a?b", "http://a#b", "http://u:p@a", "http://a b", "http://[::1]x",
    ])
    func whatIsNoTargetIsSaid(url: String) {
        #expect(throws: InvalidTarget.self) { try Target(url: url) }
    }
}
