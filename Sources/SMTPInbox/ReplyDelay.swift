import BgdemoEmail
import BgdemoFoundations
import BgdemoSystemCompat

/// How long an answer takes: always the same, or by chance.
public enum ReplyDelay: Sendable, Hashable {
    case none
    case fixed(Duration)
    /// Any time between the two is as likely as any other.
    case uniform(Duration, Duration)
    /// Mostly short, sometimes long: the times between the events of a Poisson process. Cut at twenty times the mean.
    case exponential(mean: Duration)
    /// Around a mean, never below zero.
    case normal(mean: Duration, deviation: Duration)

    /// `2s`, `100ms..2s`, `exp:250ms`, `normal:250ms,50ms`; nil for anything else. Units as in
    /// ``/BgdemoFoundations/Swift/Duration/init(text:)``.
    public init?(_ text: String) {
        if let mean = text.dropping(prefix: "exp:") {
            guard let mean = Duration(text: mean) else { return nil }
            self = .exponential(mean: mean)
        } else if let rest = text.dropping(prefix: "normal:") {
            let numbers = rest.split(separator: ",", omittingEmptySubsequences: false).map { Duration(text: $0) }
            guard numbers.count == 2, let mean = numbers[0], let deviation = numbers[1] else { return nil }
            self = .normal(mean: mean, deviation: deviation)
        } else if let dots = text.firstRange(of: "..") {
            guard let low = Duration(text: text[..<dots.lowerBound]),
                let high = Duration(text: text[dots.upperBound...]), low <= high
            else { return nil }
            self = .uniform(low, high)
        } else {
            guard let duration = Duration(text: text[...]) else { return nil }
            self = duration == .zero ? .none : .fixed(duration)
        }
    }

    /// Whether the time depends on chance.
    var isRandom: Bool {
        switch self {
        case .none, .fixed: false
        case .uniform, .exponential, .normal: true
        }
    }

    /// The time for two numbers of chance, each 0 to below 1. At most a day.
    package func sample(_ first: Double, _ second: Double) -> Duration {
        min(.seconds(86_400), time(first, second))
    }

    private func time(_ first: Double, _ second: Double) -> Duration {
        switch self {
        case .none: .zero
        case .fixed(let duration): duration
        case .uniform(let low, let high): low + (high - low) * first
        case .exponential(let mean): mean * min(-log(1 - first), 20)
        case .normal(let mean, let deviation):
            // Box and Muller.
            max(.zero, mean + deviation * ((-2 * log(1 - first)).squareRoot() * cos(2 * .pi * second)))
        }
    }
}

extension StringProtocol where SubSequence == Substring {
    /// What follows the prefix, or nil where it does not stand there.
    func dropping(prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
