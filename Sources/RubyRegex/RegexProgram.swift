/// A part of an expression as instructions. Jumps are relative, so that a part can be repeated and moved.
struct RegexProgram: Sendable {
    enum Instruction: Sendable {
        /// Consumes one character of this class.
        case character(CharacterClass)
        case jump(by: Int)
        /// Continues with the next instruction, and at this distance.
        case split(by: Int)
        case assert(Assertion)
        /// Looks ahead: runs the following instructions up to their `match`; continues at the distance `by`.
        case look(isWanted: Bool, by: Int)
        case match
    }

    /// A condition on a position in the text.
    enum Assertion: Sendable { case lineStart, lineEnd, start, end, lastLineEnd, wordBoundary, notWordBoundary }

    private(set) var instructions: [Instruction] = []

    /// Matches the empty text.
    init() {}

    init(_ instruction: Instruction) { instructions = [instruction] }

    mutating func append(_ other: RegexProgram) throws(RubyRegexError) {
        try Self.check(instructions.count + other.instructions.count)
        instructions += other.instructions
    }

    /// `one|two|…`
    static func alternatives(_ parts: [RegexProgram]) throws(RubyRegexError) -> RegexProgram {
        guard parts.count > 1 else { return parts.first ?? RegexProgram() }
        let size = parts.reduce(2 * (parts.count - 1)) { $0 + $1.instructions.count }
        try check(size)
        var program = RegexProgram()
        program.instructions.reserveCapacity(size)
        for (index, part) in parts.enumerated() {
            guard index < parts.count - 1 else {
                program.instructions += part.instructions
                break
            }
            program.instructions.append(.split(by: part.instructions.count + 2))
            program.instructions += part.instructions
            program.instructions.append(.jump(by: size - program.instructions.count))
        }
        return program
    }

    /// `part{least,most}`; without `most` there is no upper limit.
    func repeated(_ least: Int, _ most: Int?) throws(RubyRegexError) -> RegexProgram {
        // The empty text, repeated, is the empty text.
        guard !instructions.isEmpty else { return self }
        let optional = most.map { max(0, $0 - least) } ?? 0
        let loop = most == nil ? instructions.count + 2 : 0
        let size = least * instructions.count + optional * (instructions.count + 1) + loop
        try Self.check(size)
        var program = RegexProgram()
        program.instructions.reserveCapacity(size)
        for _ in 0..<least { program.instructions += instructions }
        for _ in 0..<optional {
            program.instructions.append(.split(by: size - program.instructions.count))
            program.instructions += instructions
        }
        if most == nil {
            program.instructions.append(.split(by: loop))
            program.instructions += instructions
            program.instructions.append(.jump(by: 1 - loop))
        }
        return program
    }

    /// `(?=part)`, or `(?!part)` if it is not wanted.
    func lookahead(isWanted: Bool) throws(RubyRegexError) -> RegexProgram {
        try Self.check(instructions.count + 2)
        var program = RegexProgram(.look(isWanted: isWanted, by: instructions.count + 2))
        program.instructions += instructions
        program.instructions.append(.match)
        return program
    }

    private static func check(_ size: Int) throws(RubyRegexError) {
        guard size < RubyRegex.maxInstructions else {
            throw RubyRegexError(
                .tooLarge,
                "the regular expression has more than \(RubyRegex.maxInstructions) steps when repetitions are written out"
            )
        }
    }
}
