/// One match in progress: all alternatives advance through the text together, one character at a time.
struct RegexMatch {
    let program: [RegexProgram.Instruction]
    /// Unicode scalar values.
    let text: [UInt32]
    /// The steps that are left; without any the result means nothing.
    var budget: Int
    /// Instructions still to be followed at the current position.
    private var stack: [Int] = []

    init(program: [RegexProgram.Instruction], text: [UInt32], budget: Int) {
        (self.program, self.text, self.budget) = (program, text, budget)
    }

    /// Whether the program matches from `start` on, at the position `begin` or, if it is not anchored, at a later one.
    mutating func find(from start: Int, at begin: Int, isAnchored: Bool) -> Bool {
        budget -= program.count
        var (current, next) = (Threads(count: program.count), Threads(count: program.count))
        var position = begin
        while true {
            if position == begin || !isAnchored, follow(start, at: position, into: &current) { return true }
            guard position < text.count, budget > 0, !isAnchored || !current.waiting.isEmpty else { return false }
            next.clear()
            for waiting in current.waiting {
                guard case .character(let set) = program[waiting] else { continue }
                budget -= text[position] < CharacterClass.asciiEnd ? 1 : set.cost
                guard set.contains(text[position]) else { continue }
                if follow(waiting + 1, at: position + 1, into: &next) { return true }
            }
            swap(&current, &next)
            position += 1
        }
    }

    /// Follows the program from `start` until it needs a character. True at its end.
    private mutating func follow(_ start: Int, at position: Int, into threads: inout Threads) -> Bool {
        let base = stack.count
        defer { stack.removeLast(stack.count - base) }
        stack.append(start)
        while stack.count > base {
            let index = stack.removeLast()
            // The whole program ends without a `match`.
            guard index < program.count else { return true }
            guard budget > 0, threads.insert(index) else { continue }
            budget -= 1
            switch program[index] {
            case .character: threads.waiting.append(index)
            case .jump(let distance): stack.append(index + distance)
            case .split(let distance):
                stack.append(index + distance)
                stack.append(index + 1)
            case .assert(let assertion): if holds(assertion, at: position) { stack.append(index + 1) }
            case .look(let isWanted, let distance):
                if find(from: index + 1, at: position, isAnchored: true) == isWanted { stack.append(index + distance) }
            case .match: return true
            }
        }
        return false
    }

    private func holds(_ assertion: RegexProgram.Assertion, at position: Int) -> Bool {
        let newline: UInt32 = 0x0a
        switch assertion {
        case .start: return position == 0
        case .end: return position == text.count
        case .lineStart: return position == 0 || text[position - 1] == newline && position < text.count
        case .lineEnd: return position == text.count || text[position] == newline
        case .lastLineEnd:
            return position == text.count || position == text.count - 1 && text[position] == newline
        case .wordBoundary, .notWordBoundary:
            let before = position > 0 && CharacterClass.word.contains(text[position - 1])
            let after = position < text.count && CharacterClass.word.contains(text[position])
            return (before != after) == (assertion == .wordBoundary)
        }
    }

    /// The instructions that wait for the next character, and all that were reached at this position.
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

        mutating func insert(_ index: Int) -> Bool {
            defer { marks[index] = round }
            return marks[index] != round
        }
    }
}
