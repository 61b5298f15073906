import BgdemoBenchmarking
import BgdemoSystemCompat

/// Reports the progress of a comparison on standard error: on a terminal in one line that it rewrites, otherwise in
/// lines for a log.
struct ProgressReporter: Sendable {
    /// Of the terminal; nil where it is none.
    private let width = TerminalWidth.ofError

    private var isTerminal: Bool { width != nil }

    func report(_ update: BenchmarkSuite.Update) {
        switch update {
        case .began(let subject, let place, let count):
            show("[\(place)/\(count)] \(subject.title): starting" + (isTerminal ? "" : "\n"))
        case .goes(let subject, let progress):
            // Not each of the two updates per second goes into a log.
            guard isTerminal || Int(progress.seconds * 2) % 10 == 1 else { return }
            show("\(subject.title): \(text(progress))" + (isTerminal ? "" : "\n"))
        case .ended(let result):
            show(text(result) + "\n")
        }
    }

    func report(_ update: FaultMatrixRunner.Update) {
        show(
            "[\(update.place)/\(update.of)] \(update.text.split(whereSeparator: \.isNewline).joined(separator: "; "))\n"
        )
    }

    private func text(_ progress: LoadProgress) -> String {
        let time = progress.seconds < progress.of ? progress.seconds.rounded(.down) : progress.of
        return "\(Int(time)) of \(NumberText.digits(progress.of)) s, p99 \(NumberText.time(progress.p99Milliseconds)), "
            + "backlog \(NumberText.count(progress.backlog)), \(NumberText.count(progress.delivered)) in the inbox"
    }

    private func text(_ result: StrategyResult) -> String {
        guard result.fate.accepted > 0 else {
            return
                "\(result.title): \((result.problem ?? "").split(whereSeparator: \.isNewline).joined(separator: "; "))"
        }
        let times = "p50 \(NumberText.time(result.response.p50)), p99 \(NumberText.time(result.response.p99))"
        let lost = result.isMatched ? ", \(NumberText.count(result.fate.lost)) lost" : ""
        return "\(result.title): \(NumberText.count(result.fate.accepted)) accepted\(lost), answered after \(times)"
    }

    private func show(_ text: String) {
        let line = width.map { Self.line(text, width: $0) } ?? text
        _ = try? FileDescriptor.standardError.writeAll(line.utf8)
    }

    /// A line over the last one. A cursor in the last column would begin the next line.
    private static func line(_ text: String, width: Int) -> String {
        let isEnd = text.hasSuffix("\n")
        let line = isEnd ? text.dropLast() : text[...]
        return "\r\u{1b}[2K" + (line.count < width ? line : line.prefix(width - 2) + "…") + (isEnd ? "\n" : "")
    }
}
