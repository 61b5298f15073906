/// One of Ruby's regular expressions, matched in a time that grows with expression and text and no faster: whoever
/// subscribes, in any program, must not be able to hold up a driver with `(a+)+`.
///
/// All that a text can match is followed at once (Thompson's construction), so nothing is ever tried again. What needs
/// trying, and is not known here: references to groups, lookbehind, atomic groups and possessive quantifiers. Nor are
/// `\p{…}`, `&&` in brackets, `\R`, `\X`, `\G` and `\K`.
package struct RubyRegex: Sendable {
    enum Instruction: Sendable {
        case scalar(RubyRegex.CharacterClass)
        case jump(Int)
        case split(Int, Int)
        case at(Assertion)
        /// Whether what begins with the step after this one, up to an end of its own, can be matched from here; on with
        /// the step `next`.
        case look(isWanted: Bool, next: Int)
        case end
    }

    /// Where a text can be, rather than what is in it.
    enum Assertion: Sendable { case lineStart, lineEnd, start, end, lastLineEnd, wordBoundary, notWordBoundary }

    /// An expression longer than this, with what is repeated spelled out, is not known.
    static let maxInstructions = 10_000
    /// How many steps a match may take: a tenth of a second or so, enough for a megabyte and an expression of few choices.
    package static let budget = 10_000_000

    let steps: [Instruction]

    /// - Throws: ``InvalidRegex`` where it is no expression for Ruby, or one that is not known here.
    package init(_ expression: String) throws(InvalidRegex) {
        var parser = RegexParser(expression)
        let node = try parser.parse()
        var steps: [Instruction] = []
        try node.append(to: &steps)
        steps.append(.end)
        self.steps = steps
    }

    /// Whether anything in the text matches; nil where finding out takes too long.
    package func matches(_ text: String, budget: Int = RubyRegex.budget) -> Bool? {
        var run = RegexMatch(steps: steps, text: text.unicodeScalars.map(\.value), budget: budget)
        let matches = run.matches(from: 0, at: 0, isAnchored: false)
        return run.budget > 0 ? matches : nil
    }
}

/// What can't be a filter; the text says why.
public struct InvalidRegex: Error, Sendable, CustomStringConvertible {
    /// What is wrong, for a person to read.
    public let description: String
}

/// One match under way.
struct RegexMatch {
    let steps: [RubyRegex.Instruction]
    let text: [UInt32]
    var budget: Int

    mutating func matches(from start: Int, at begin: Int, isAnchored: Bool) -> Bool {
        budget -= steps.count
        var (now, next) = (Threads(count: steps.count), Threads(count: steps.count))
        var place = begin
        while true {
            if place == begin || !isAnchored, follow(start, at: place, into: &now) { return true }
            guard place < text.count, budget > 0, !isAnchored || !now.waiting.isEmpty else { return false }
            next.clear()
            for waiting in now.waiting {
                guard case .scalar(let set) = steps[waiting], set.contains(text[place]) else { continue }
                if follow(waiting + 1, at: place + 1, into: &next) { return true }
            }
            budget -= now.waiting.count
            swap(&now, &next)
            place += 1
        }
    }

    /// Goes on from a step as far as it goes without a character. True: it is the end.
    private mutating func follow(_ start: Int, at place: Int, into threads: inout Threads) -> Bool {
        var open = [start]
        while let step = open.popLast() {
            guard budget > 0, threads.insert(step) else { continue }
            budget -= 1
            switch steps[step] {
            case .scalar: threads.waiting.append(step)
            case .jump(let next): open.append(next)
            case .split(let one, let other): open += [other, one]
            case .at(let assertion): if isAt(assertion, place) { open.append(step + 1) }
            case .look(let isWanted, let next):
                if matches(from: step + 1, at: place, isAnchored: true) == isWanted { open.append(next) }
            case .end: return true
            }
        }
        return false
    }

    private func isAt(_ what: RubyRegex.Assertion, _ place: Int) -> Bool {
        let newline: UInt32 = 0x0a
        switch what {
        case .start: return place == 0
        case .end: return place == text.count
        case .lineStart: return place == 0 || text[place - 1] == newline && place < text.count
        case .lineEnd: return place == text.count || text[place] == newline
        case .lastLineEnd: return place == text.count || place == text.count - 1 && text[place] == newline
        case .wordBoundary, .notWordBoundary:
            let before = place > 0 && RubyRegex.CharacterClass.word.contains(text[place - 1])
            let after = place < text.count && RubyRegex.CharacterClass.word.contains(text[place])
            return (before != after) == (what == .wordBoundary)
        }
    }

    /// The steps that wait for the next character, and those that were come by at this one.
    private struct Threads {
        var waiting: [Int] = []
        private var marks: [Int]
        private var round = 1

        init(count: Int) {
            marks = [Int](repeating: 0, count: count)
        }

        mutating func clear() {
            waiting.removeAll(keepingCapacity: true)
            round += 1
        }

        mutating func insert(_ step: Int) -> Bool {
            defer { marks[step] = round }
            return marks[step] != round
        }
    }
}
