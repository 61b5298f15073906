import BgdemoBenchmarking
import Testing

@Suite struct LoadTests {
    @Test("Arrivals follow a Poisson process") func poisson() {
        let due = Load(.open(rate: 1000), seconds: 100, seed: 5).schedule()
        #expect(due == due.sorted())
        #expect((99_000...101_000).contains(due.count))
        // The standard deviation of the gaps of a Poisson process equals their mean.
        let gaps = zip(due.dropFirst(), due).map { Double($0 - $1) / 1e6 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let deviation = (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)).squareRoot()
        #expect((0.98...1.02).contains(mean) && (0.98...1.02).contains(deviation / mean))
    }

    @Test("Even arrivals have equal gaps") func even() {
        var load = Load(.open(rate: 100), seconds: 1, seed: 5)
        load.arrivals = .even
        #expect(load.schedule().first == 10_000_000 && load.schedule().count == 99)
    }

    @Test("Loads of one seed with different labels have different ids") func ids() {
        let runs = [("main", 1), ("main", 2), ("sweep 100", 1)].map { part, seed in
            Load(.open(rate: 1), seconds: 1, seed: UInt64(seed), part: part).run
        }
        #expect(Set(runs).count == 3)
        #expect(runs.allSatisfy { $0.count == 8 && !$0.contains("-") })
    }

    @Test(
        "A valid target URL is read",
        arguments: [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, ""), ("http://example.org/", "example.org", 80, ""),
            ("http://[::1]:1/a/b/", "::1", 1, "/a/b"),
        ])
    func validTarget(url: String, host: String, port: Int, prefix: String) throws {
        let target = try Target(url: url)
        #expect(target == Target(host: host, port: port, prefix: prefix))
    }

    @Test(
        "An invalid target URL is refused",
        arguments: [
            "", "127.0.0.1:80", "https://a", "http://", "http://:80", "http://a:0", "http://a:99999", "http://a:b",
            "http://a?b", "http://a#b", "http://u:p@a", "http://a b", "http://[::1]x",
        ])
    func invalidTarget(url: String) {
        #expect(throws: InvalidTarget.self) { try Target(url: url) }
    }
}
