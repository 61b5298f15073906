/// Reads a script (Lua 5.1, without `goto`, long strings and metatables).
struct LuaParser {
    private static let precedence: [String: (left: Int, right: Int)] = [
        "or": (1, 1), "and": (2, 2), "<": (3, 3), ">": (3, 3), "<=": (3, 3), ">=": (3, 3), "~=": (3, 3), "==": (3, 3),
        "..": (5, 4), "+": (6, 6), "-": (6, 6), "*": (7, 7), "/": (7, 7), "%": (7, 7), "^": (10, 9),
    ]
    private static let unaryPrecedence = 8
    /// How deeply expressions and blocks may be nested, as in Lua itself.
    private static let depthLimit = 200

    private let tokens: [LuaToken]
    private var place = 0
    private var depth = 0

    /// - Throws: ``LuaError`` where the text is no script.
    static func parse(_ script: String) throws -> LuaFunctionBody {
        var parser = LuaParser(tokens: try LuaLexer.tokens(of: script))
        let statements = try parser.block()
        guard parser.current == .end else { throw parser.unexpected }
        return LuaFunctionBody(parameters: [], statements: statements)
    }

    private init(tokens: [LuaToken]) { self.tokens = tokens }

    private var current: LuaToken { tokens[min(place, tokens.count - 1)] }

    private var unexpected: LuaError { LuaError("unexpected word near \(current)") }

    private mutating func accept(_ token: LuaToken) -> Bool {
        guard current == token else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ token: LuaToken) throws {
        guard accept(token) else { throw unexpected }
    }

    private mutating func name() throws -> String {
        guard case .name(let name) = current else { throw unexpected }
        place += 1
        return name
    }

    private mutating func nested<Result>(_ body: (inout Self) throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw LuaError("the script is nested too deeply") }
        return try body(&self)
    }

    // MARK: Statements

    private mutating func block() throws -> [LuaStatement] {
        var statements: [LuaStatement] = []
        while true {
            while accept(.symbol(";")) {}
            switch current {
            case .end, .keyword("end"), .keyword("else"), .keyword("elseif"), .keyword("until"): return statements
            case .keyword("return"):
                place += 1
                statements.append(.result(isAtEnd ? [] : try expressions()))
                _ = accept(.symbol(";"))
                return statements
            default: statements.append(try nested { try $0.statement() })
            }
        }
    }

    private var isAtEnd: Bool {
        [.end, .symbol(";"), .keyword("end"), .keyword("else"), .keyword("elseif"), .keyword("until")].contains(current)
    }

    private mutating func statement() throws -> LuaStatement {
        if accept(.keyword("break")) { return .leave }
        if accept(.keyword("local")) { return try local() }
        if accept(.keyword("if")) { return try branch() }
        if accept(.keyword("for")) { return try loop() }
        if accept(.keyword("do")) { return .block(try body()) }
        if accept(.keyword("while")) {
            let condition = try expression()
            try expect(.keyword("do"))
            return .loopWhile(condition, try body())
        }
        if accept(.keyword("repeat")) {
            let statements = try block()
            try expect(.keyword("until"))
            return .loopUntil(try expression(), statements)
        }
        if accept(.keyword("function")) {
            let name = try name()
            return .assign([.variable(name)], [.function(try function())])
        }
        let first = try suffixed()
        if case .symbol(let symbol) = current, symbol == "=" || symbol == "," {
            var targets = [first]
            while accept(.symbol(",")) { targets.append(try suffixed()) }
            try expect(.symbol("="))
            return .assign(targets, try expressions())
        }
        guard first.isMultiple else { throw unexpected }
        return .call(first)
    }

    private mutating func body() throws -> [LuaStatement] {
        let statements = try block()
        try expect(.keyword("end"))
        return statements
    }

    private mutating func local() throws -> LuaStatement {
        if accept(.keyword("function")) {
            let name = try name()
            return .localFunction(name, try function())
        }
        var names = [try name()]
        while accept(.symbol(",")) { names.append(try name()) }
        return .local(names, accept(.symbol("=")) ? try expressions() : [])
    }

    private mutating func branch() throws -> LuaStatement {
        var branches: [(LuaExpression, [LuaStatement])] = []
        repeat {
            let condition = try expression()
            try expect(.keyword("then"))
            branches.append((condition, try block()))
        } while accept(.keyword("elseif"))
        let otherwise = accept(.keyword("else")) ? try block() : []
        try expect(.keyword("end"))
        return .branch(branches, otherwise: otherwise)
    }

    private mutating func loop() throws -> LuaStatement {
        let first = try name()
        if accept(.symbol("=")) {
            let from = try expression()
            try expect(.symbol(","))
            let to = try expression()
            let by = accept(.symbol(",")) ? try expression() : nil
            try expect(.keyword("do"))
            return .count(first, from: from, to: to, by: by, try body())
        }
        var names = [first]
        while accept(.symbol(",")) { names.append(try name()) }
        try expect(.keyword("in"))
        let values = try expressions()
        try expect(.keyword("do"))
        return .each(names, in: values, try body())
    }

    private mutating func function() throws -> LuaFunctionBody {
        try expect(.symbol("("))
        var parameters: [String] = []
        if current != .symbol(")") {
            repeat {
                if accept(.symbol("...")) { parameters.append("...") } else { parameters.append(try name()) }
            } while accept(.symbol(","))
        }
        try expect(.symbol(")"))
        return LuaFunctionBody(parameters: parameters, statements: try body())
    }

    // MARK: Expressions

    private mutating func expressions() throws -> [LuaExpression] {
        var all = [try expression()]
        while accept(.symbol(",")) { all.append(try expression()) }
        return all
    }

    private mutating func expression(above limit: Int = 0) throws -> LuaExpression {
        try nested { parser in
            var left = try parser.unary()
            while let symbol = parser.binaryOperator, let precedence = Self.precedence[symbol], precedence.left > limit
            {
                parser.place += 1
                left = .binary(symbol, left, try parser.expression(above: precedence.right))
            }
            return left
        }
    }

    private var binaryOperator: String? {
        switch current {
        case .symbol(let symbol), .keyword(let symbol): symbol
        default: nil
        }
    }

    private mutating func unary() throws -> LuaExpression {
        for symbol in ["not", "-", "#"] where accept(symbol == "not" ? .keyword(symbol) : .symbol(symbol)) {
            return .unary(symbol, try expression(above: Self.unaryPrecedence))
        }
        return try simple()
    }

    private mutating func simple() throws -> LuaExpression {
        let token = current
        place += 1
        switch token {
        case .number(let number): return .constant(.number(number))
        case .string(let string):
            return .constant(.string(string))
        case .keyword("nil"): return .constant(.none)
        case .keyword("true"): return .constant(.boolean(true))
        case .keyword("false"): return .constant(.boolean(false))
        case .keyword("function"): return .function(try function())
        case .symbol("..."): return .arguments
        case .symbol("{"): return try table()
        default:
            place -= 1
            return try suffixed()
        }
    }

    private mutating func suffixed() throws -> LuaExpression {
        var value: LuaExpression
        if accept(.symbol("(")) {
            value = .unary("(", try expression())
            try expect(.symbol(")"))
        } else {
            value = .variable(try name())
        }
        while true {
            if accept(.symbol(".")) {
                value = .index(value, .constant(.text(try name())))
            } else if accept(.symbol("[")) {
                value = .index(value, try expression())
                try expect(.symbol("]"))
            } else if accept(.symbol(":")) {
                let name = try name()
                value = .method(value, name, try callArguments())
            } else if current == .symbol("(") || current == .symbol("{") || currentIsString {
                value = .call(value, try callArguments())
            } else {
                return value
            }
        }
    }

    private var currentIsString: Bool { if case .string = current { true } else { false } }

    private mutating func callArguments() throws -> [LuaExpression] {
        guard accept(.symbol("(")) else { return [try simple()] }
        if accept(.symbol(")")) { return [] }
        let arguments = try expressions()
        try expect(.symbol(")"))
        return arguments
    }

    private mutating func table() throws -> LuaExpression {
        var fields: [(key: LuaExpression?, value: LuaExpression)] = []
        while !accept(.symbol("}")) {
            if accept(.symbol("[")) {
                let key = try expression()
                try expect(.symbol("]"))
                try expect(.symbol("="))
                fields.append((key, try expression()))
            } else if case .name(let name) = current, tokens[safe: place + 1] == .symbol("=") {
                place += 2
                fields.append((.constant(.text(name)), try expression()))
            } else {
                fields.append((nil, try expression()))
            }
            guard accept(.symbol(",")) || accept(.symbol(";")) else {
                try expect(.symbol("}"))
                break
            }
        }
        return .table(fields)
    }
}
