import Compare
import Platform

/// Tells on standard error how a comparison goes: on a terminal a line that is always new, elsewhere lines
/// for a log.
struct Spectator: Sendable {
    private let isTerminal = isatty(2) == 1

    func see(_ news: Comparing.News) {
        switch news {
        case .began(let contender, let place, let count):
            show("[\(place)/\(count)] \(contender.title): starting" + (isTerminal ? "" : "\n"))
        case .goes(let contender, let progress):
            // Elsewhere now and then: twice a second would fill a log.
            guard isTerminal || Int(progress.seconds * 2) % 10 == 1 else { return }
            show("\(contender.title): \(text(progress))" + (isTerminal ? "" : "\n"))
        case .ended(let result):
            show(text(result) + "\n")
        }
    }

    func see(_ news: Chaos.News) {
        show("[\(news.place)/\(news.of)] \(news.text.split(whereSeparator: \.isNewline).joined(separator: "; "))\n")
    }

    private func text(_ progress: Progress) -> String {
        let time = progress.seconds < progress.of ? progress.seconds.rounded(.down) : progress.of
        return "\(Int(time)) of \(Shown.digits(progress.of)) s, p99 \(Shown.time(progress.p99Milliseconds)), "
            + "backlog \(Shown.count(progress.backlog)), \(Shown.count(progress.delivered)) in the inbox"
    }

    private func text(_ result: StrategyResult) -> String {
        guard result.fate.accepted > 0 else {
            return
                "\(result.title): \((result.problem ?? "").split(whereSeparator: \.isNewline).joined(separator: "; "))"
        }
        let times = "p50 \(Shown.time(result.response.p50)), p99 \(Shown.time(result.response.p99))"
        let fate = result.isMatched ? ", \(Shown.count(result.fate.lost)) lost" : ""
        return "\(result.title): \(Shown.count(result.fate.accepted)) accepted\(fate), answered after \(times)"
    }

    private func show(_ text: String) {
        let line = isTerminal ? "\r\u{1b}[2K" + String(text.prefix(100)) + (text.hasSuffix("\n") ? "\n" : "") : text
        _ = try? FileDescriptor.standardError.writeAll(line.utf8)
    }
}
