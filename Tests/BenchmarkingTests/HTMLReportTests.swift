import BgdemoBenchmarking
import Testing

extension BrowserTests {
    /// The report as a browser renders it.
    @Suite struct HTMLReportTests {
        static let plots = [
            "response", "inbox", "histogram", "backlog", "throughput", "journey", "cpu", "memory", "redis", "sweep",
        ]

        private static var full: Comparison {
            var comparison = SampleComparison.comparison(talk: ["pubsub", "eventr"])
            comparison.fates = SampleComparison.fates()
            return comparison
        }

        @Test("Each plot fits at each width, with title and description") func plots() async throws {
            let (views, console) = try await Browser.look(at: [HTMLReport.page(Self.full)])
            #expect(console == [])
            #expect(views.map(\.window) == [375, 1280])
            for view in views {
                #expect(view.page <= view.window)
                #expect(view.pictures.map(\.id) == Self.plots)
                for picture in view.pictures {
                    #expect(picture.role == "img")
                    #expect(!picture.title.isEmpty && !picture.summary.isEmpty)
                    #expect(picture.width > view.window * 0.75 && picture.height > 100, "\(picture.id)")
                    // At least one shape for each strategy; in the Redis plot for those with a Redis.
                    #expect(picture.shapes >= (picture.id == "redis" ? 6 : 9), "\(picture.id)")
                    #expect(picture.cut == [], "\(picture.id) at \(view.window)")
                    #expect(picture.broken == [], "\(picture.id)")
                }
                for table in view.tables { #expect(!table.caption.isEmpty && table.unscoped == 0, "\(table.id)") }
            }
        }

        @Test(
            "No table is cut or scrolls sideways, on a phone upright and across, on a tablet and on a projector",
            arguments: [320, 375, 667, 844, 1024, 1280])
        func tablesFit(width: Int) async throws {
            let (views, _) = try await Browser.look(at: [HTMLReport.page(Self.full)], widths: [width])
            let view = try #require(views.first)
            #expect(view.page <= view.window)
            #expect(view.tables.count > 8)
            for table in view.tables { #expect(table.cut == [], "\(table.id)") }
        }

        @Test("On paper no table is split or cut, and of a long one a sentence is printed")
        func print() async throws {
            var comparison = Self.full
            comparison.settings.runs = 3
            for place in comparison.strategies.indices {
                comparison.strategies[place].samples = [
                    "response p50": [1, 2, 3], "response p99": [4, 5, 6], "drain": [7],
                ]
                comparison.strategies[place].samples?.merge(
                    ["inbox p50", "inbox p99", "processor"].map { ($0, [1, 2, 3]) }
                ) { old, _ in old }
            }
            var fates = SampleComparison.fates()
            for number in fates.faults.count..<15 {
                fates.faults.append(FaultName("fault-\(number)", "a fault with a longer name, of number \(number)"))
                for row in fates.rows.indices {
                    var cell = fates.rows[row].cells[2]
                    cell.fault = "fault-\(number)"
                    fates.rows[row].cells.append(cell)
                }
            }
            comparison.fates = fates
            // As a browser prints it: A4 with margins of a centimetre.
            let page = HTMLReport.page(comparison).replacing("@media print", with: "@media all")
                .replacing("@media screen and", with: "@media not all and")
            let (views, _) = try await Browser.look(at: [page], widths: [718])
            let view = try #require(views.first)
            #expect(view.page <= view.window)
            #expect(view.tables.count { $0.height > 0 } > 8)
            for table in view.tables {
                #expect(table.width <= 718 && table.height < 1000, "\(table.id) \(table.width) × \(table.height)")
                #expect(table.height == 0 || table.cut == [], "\(table.id)")
            }
            #expect(try view.table("fates").height > 300 && view.table("fates-figures").height == 0)
            #expect(view.text.contains("The same as figures: "))
        }

        @Test("The tables have the figures of the JSON") func tables() async throws {
            let comparison = Self.full
            let (views, _) = try await Browser.look(at: [HTMLReport.page(comparison)], widths: [1280])
            let view = try #require(views.first)
            #expect(try Comparison(json: view.json.utf8) == comparison)

            let results = comparison.strategies
            #expect(try view.table("times").rows.map(\.head) == results.map(\.title))
            let expected: [(String, [[Double?]])] = [
                ("times", results.map { times($0) }), ("mails", results.map { mails($0.fate) }),
                ("response-figures", results.map { percentiles($0.response) }),
                ("inbox-figures", results.map { percentiles($0.toInbox) }),
                (
                    "histogram-figures",
                    results.flatMap { $0.response.bars.map { row($0.from, $0.to, Double($0.count)) } }
                ),
                ("throughput-figures", results.flatMap { $0.timeline.map { second($0) } }),
                (
                    "cpu-figures",
                    results.flatMap { $0.processes.map { row(nil, $0.cpuSeconds, Double($0.peakMemoryBytes)) } }
                ),
                ("redis-figures", results.compactMap(\.redis).map { row($0.commandsPerMail, $0.bytesPerMail) }),
                (
                    "sweep-figures",
                    results.flatMap {
                        $0.sweep.map { row($0.rate, $0.achieved, $0.p99Milliseconds, Double($0.backlog), nil) }
                    }
                ),
                (
                    "fates-figures",
                    SampleComparison.fates().rows.flatMap { $0.cells.filter(\.applies).map { cell($0) } }
                ),
            ]
            for (table, rows) in expected {
                #expect(!rows.isEmpty)
                #expect(try view.table(table).rows.map(\.values) == rows, "\(table)")
            }
            #expect(try view.table("times").rows[0].cells[0] == "251 ms")
        }

        private func row(_ values: Double?...) -> [Double?] { values }

        private func times(_ result: StrategyResult) -> [Double?] {
            row(
                result.response.p50, result.response.p99, result.response.p999, result.uncorrected.p99,
                result.toInbox.p50,
                result.toInbox.p99, result.drainSeconds)
        }

        private func mails(_ fate: DeliveryOutcome) -> [Double?] {
            [
                fate.asked, fate.accepted, fate.refused, fate.unanswered, fate.delivered, fate.lost, fate.pending,
                fate.duplicated,
                fate.deliveredUnaccepted, fate.reordered,
            ].map { Double($0) }
        }

        private func percentiles(_ latency: Latency) -> [Double?] {
            row(
                Double(latency.count), latency.min, latency.mean, latency.p50, latency.p90, latency.p99, latency.p999,
                latency.max)
        }

        private func second(_ second: TimelineSecond) -> [Double?] {
            [second.second, second.sent, second.answered, second.delivered, second.backlog].map { Double($0) }
                + [second.p99Milliseconds]
        }

        private func cell(_ cell: FaultMatrixCell) -> [Double?] {
            let fate = cell.fate
            let counts = [fate.asked, fate.accepted, cell.deliveredOnce, fate.duplicated, fate.lost, fate.refused]
            return [nil] + counts.map { Double($0) } + [
                Double(fate.unanswered), Double(fate.deliveredUnaccepted), cell.recoverySeconds, nil,
            ]
        }

        @Test("Each cell of the fault matrix has its result as text") func faultMatrix() async throws {
            var comparison = SampleComparison.comparison([])
            comparison.fates = SampleComparison.fates()
            comparison.fates?.rows[5].cells[0].fate.lost = 4
            comparison.fates?.rows[6].cells[1].problem = "it did not start"
            let (views, console) = try await Browser.look(at: [HTMLReport.page(comparison)])
            #expect(console == [])
            let table = try #require(views.first).table("fates")
            #expect(table.columns == ["Fault"] + SampleComparison.names)
            #expect(table.rows[0].cells[0] == "–")
            #expect(table.rows[1].cells[1].hasPrefix("✗ 31 lost180 accepted"))
            #expect(table.rows[0].cells[2].hasPrefix("✓ all once"))
            #expect(table.rows[0].cells[4].hasPrefix("✓ 3 twice"))
            #expect(table.rows[0].cells[5].hasPrefix("✗ 4 lostmust lose nothing"))
            #expect(table.rows[1].cells[6].contains("it did not start"))
            #expect(views[0].text.contains("eventr under kill-worker and queuebus under kill-server"))
            #expect(views.allSatisfy { $0.page <= $0.window })
        }

        @Test("The page is dark where dark mode is preferred") func darkMode() async throws {
            let dark = ["--blink-settings=preferredColorScheme=0"]
            let (views, _) = try await Browser.look(at: [HTMLReport.page(Self.full)], widths: [1280], flags: dark)
            #expect(views.first?.ground == "rgb(20, 23, 28)")
        }

        @Test("Messages of the browser console are captured") func console() async throws {
            let (_, console) = try await Browser.look(
                at: ["<p>x</p><script>console.error('heard')</script>"], widths: [375])
            #expect(console.contains { $0.contains("heard") })
        }
    }
}
