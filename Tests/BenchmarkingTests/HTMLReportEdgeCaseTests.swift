import BgdemoBenchmarking
import Testing

extension BrowserTests {
    /// Reports of unusual comparisons.
    @Suite struct HTMLReportEdgeCaseTests {
        /// Renders a report and expects no console message, no overflow and no broken picture.
        private func look(at comparison: Comparison, before: Comparison? = nil) async throws -> Browser.View {
            try #require(try await look(at: [HTMLReport.page(comparison, before: before)]).last)
        }

        private func look(at pages: [String]) async throws -> [Browser.View] {
            let (views, console) = try await Browser.look(at: pages)
            #expect(console == [])
            for view in views {
                #expect(view.page <= view.window)
                for picture in view.pictures { #expect(picture.broken == [], "\(picture.id)") }
            }
            return views
        }

        @Test("A report without results") func noResults() async throws {
            let view = try await look(at: SampleComparison.comparison([]))
            #expect(view.text.contains("Nothing was measured."))
            #expect(view.pictures.isEmpty)
            #expect(view.text.contains("bgdemo compare --rate 100 --seed 7"))
        }

        @Test("A report of one strategy") func oneStrategy() async throws {
            let view = try await look(at: SampleComparison.comparison(["resque"]))
            #expect(view.text.contains("One way to send a mail"))
            #expect(view.text.contains("resque answers in 0.31 ms (median)"))
            #expect(view.pictures.count == 9)
        }

        @Test("A strategy that could not be measured") func failedStrategy() async throws {
            var comparison = SampleComparison.comparison(["foreground"])
            var silent = StrategyResult(name: "silent")
            silent.problem = "it did not listen"
            comparison.strategies.append(silent)
            let view = try await look(at: comparison)
            #expect(view.text.contains("silent had a problem: it did not listen."))
            #expect(try view.table("times").rows[1].cells.prefix(6).allSatisfy { $0 == "–" })
            #expect(view.pictures.count == 9)
        }

        @Test("Markup in names is escaped") func markup() async throws {
            let name = "</script><script>console.error('run')</script><img src=x onerror=alert(1)>\u{202e}&\"'"
            var comparison = SampleComparison.comparison([name])
            comparison.machine.versions["<b>"] = "</td>"
            comparison.settings.command = ["compare", "it's <here>"]
            comparison.strategies[0].journey.append(JourneyStep("<i>station", milliseconds: 900))
            comparison.strategies[0].problem = "<u>gone</u>"
            comparison.fates = SampleComparison.fates([name])
            comparison.fates?.faults[0].summary = "<s>kill</s>"
            let view = try await look(at: comparison, before: comparison)
            #expect(try view.table("times").rows[0].head.hasPrefix("</script><script>"))
            #expect(try Comparison(json: view.json.utf8) == comparison)
            #expect(view.text.contains("bgdemo compare 'it'\\''s <here>'"))
            for slide in Slides.all(of: comparison) { #expect(!slide.svg.contains("<script>")) }
        }

        @Test("Extreme figures") func extremeFigures() async throws {
            let odd = [Double.nan, .infinity, -1, 0, 1e-300, 1e300, .greatestFiniteMagnitude].map { comparison(of: $0) }
            for view in try await look(at: odd.map { HTMLReport.page($0, before: SampleComparison.comparison()) }) {
                #expect(view.pictures.count == 10)
                let words = view.text.lowercased().split { !$0.isLetter }
                #expect(!words.contains("nan") && !words.contains("inf"))
            }
            for comparison in odd {
                #expect(
                    ChangeTable.lines(from: SampleComparison.comparison(), to: comparison).allSatisfy {
                        $0.count <= 100
                    })
            }
        }

        private func comparison(of figure: Double) -> Comparison {
            var comparison = SampleComparison.comparison(["foreground", "local", "resque"])
            for index in comparison.strategies.indices {
                var latency = Latency()
                latency.count = index == 1 ? .max : 3
                (latency.min, latency.mean, latency.p50, latency.p90) = (figure, figure, figure, figure)
                (latency.p99, latency.p999, latency.max) = (figure, figure, figure)
                latency.curve = [
                    .init(percentile: figure, milliseconds: figure), .init(percentile: 50, milliseconds: 3),
                ]
                latency.bars = [.init(from: figure, to: figure, count: 3), .init(from: 0, to: 1, count: 4)]
                (comparison.strategies[index].response, comparison.strategies[index].toInbox) = (latency, latency)
                comparison.strategies[index].drainSeconds = figure
                comparison.strategies[index].processes = [
                    ProcessCost(name: "web server", cpuSeconds: figure, peakMemoryBytes: index == 0 ? .max : 0)
                ]
                comparison.strategies[index].redis = RedisCost(commandsPerMail: figure, bytesPerMail: figure)
                comparison.strategies[index].journey = [
                    JourneyStep("due", milliseconds: 0), JourneyStep("x", milliseconds: figure),
                ]
                comparison.strategies[index].sweep = [
                    SweepStep(rate: figure, achieved: figure, p99Milliseconds: figure, backlog: .max, isKept: false)
                ]
                comparison.strategies[index].timeline[0].second = .max
                comparison.strategies[index].timeline[1].backlog = .min
            }
            (comparison.settings.rate, comparison.seconds) = (figure, figure)
            return comparison
        }

        @Test("A stopped run") func stoppedRun() async throws {
            var comparison = SampleComparison.comparison(["foreground"])
            comparison.isComplete = false
            comparison.settings.rate = nil
            comparison.settings.concurrency = 16
            let view = try await look(at: comparison)
            #expect(view.text.contains("The run was stopped before its end"))
            #expect(view.text.contains("16 clients that each wait for their answer"))
        }

        @Test("The page of a long run stays small") func longRun() {
            var comparison = SampleComparison.comparison()
            for index in comparison.strategies.indices {
                comparison.strategies[index].timeline = (0..<20_000).map { TimelineSecond(second: $0) }
            }
            let json = (try? comparison.json().utf8.count) ?? 0
            #expect(HTMLReport.page(comparison).utf8.count < json + 2_000_000)
        }
    }
}
