import BgdemoFoundations

/// The variables of a block.
final class LuaScope {
    private var variables: [String: LuaValue] = [:]
    private let outer: LuaScope?
    /// The values of `...`
    let arguments: [LuaValue]

    init(_ outer: LuaScope?, arguments: [LuaValue]? = nil) {
        (self.outer, self.arguments) = (outer, arguments ?? outer?.arguments ?? [])
    }

    func declare(_ name: String, _ value: LuaValue) { variables[name] = value }

    func value(of name: String) -> LuaValue {
        var scope: LuaScope? = self
        while let one = scope {
            if let value = one.variables[name] { return value }
            scope = one.outer
        }
        return .none
    }

    /// - Throws: ``LuaError`` for a variable that is not declared: Redis allows no globals.
    func assign(_ name: String, _ value: LuaValue) throws {
        var scope: LuaScope? = self
        while let one = scope {
            if one.variables[name] != nil {
                one.variables[name] = value
                return
            }
            scope = one.outer
        }
        throw LuaError("Script attempted to create global variable '\(name)'")
    }
}

/// Runs the statements of one script.
final class LuaInterpreter {
    private enum Flow {
        case next, leave
        case result([LuaValue])
    }

    /// More than any script of this package takes; an endless one ends with an error.
    private static let stepLimit = 100_000_000
    private static let depthLimit = 150

    private var steps = 0
    private var depth = 0

    func call(_ body: LuaFunctionBody, in scope: LuaScope, _ arguments: [LuaValue]) throws -> [LuaValue] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw LuaError("stack overflow") }
        let named = body.parameters.filter { $0 != "..." }
        let inner = LuaScope(scope, arguments: Array(arguments.dropFirst(named.count)))
        for (place, name) in named.enumerated() { inner.declare(name, arguments[safe: place] ?? .none) }
        guard case .result(let values) = try run(body.statements, in: inner) else { return [] }
        return values
    }

    private func run(_ statements: [LuaStatement], in scope: LuaScope) throws -> Flow {
        for statement in statements {
            steps += 1
            guard steps <= Self.stepLimit else { throw LuaError("the script takes too many steps") }
            let flow = try run(statement, in: scope)
            guard case .next = flow else { return flow }
        }
        return .next
    }

    private func run(_ statement: LuaStatement, in scope: LuaScope) throws -> Flow {
        switch statement {
        case .leave: return .leave
        case .result(let expressions): return .result(try values(of: expressions, scope))
        case .call(let expression): _ = try values(of: expression, scope)
        case .block(let statements): return try run(statements, in: LuaScope(scope))
        case .local(let names, let expressions):
            let values = try values(of: expressions, scope)
            for (place, name) in names.enumerated() { scope.declare(name, values[safe: place] ?? .none) }
        case .localFunction(let name, let body):
            scope.declare(name, .none)
            scope.declare(name, function(body, scope))
        case .assign(let targets, let expressions):
            let values = try values(of: expressions, scope)
            for (place, target) in targets.enumerated() { try assign(values[safe: place] ?? .none, to: target, scope) }
        case .branch(let branches, let otherwise):
            let chosen = try branches.first { try value(of: $0.condition, scope).isTrue }
            return try run(chosen?.statements ?? otherwise, in: LuaScope(scope))
        case .loopWhile(let condition, let statements):
            while try value(of: condition, scope).isTrue {
                if let flow = try iterate(statements, LuaScope(scope)) { return flow }
            }
        case .loopUntil(let condition, let statements):
            while true {
                let inner = LuaScope(scope)
                if let flow = try iterate(statements, inner) { return flow }
                if try value(of: condition, inner).isTrue { break }
            }
        case .count(let name, let from, let to, let by, let statements):
            return try count(name, from, to, by, statements, scope)
        case .each(let names, let expressions, let statements):
            return try each(names, expressions, statements, scope)
        }
        return .next
    }

    /// - Returns: nil where the loop goes on.
    private func iterate(_ statements: [LuaStatement], _ scope: LuaScope) throws -> Flow? {
        steps += 1
        guard steps <= Self.stepLimit else { throw LuaError("the script takes too many steps") }
        switch try run(statements, in: scope) {
        case .next: return nil
        case .leave: return .next
        case .result(let values): return .result(values)
        }
    }

    private func count(
        _ name: String, _ from: LuaExpression, _ to: LuaExpression, _ by: LuaExpression?, _ statements: [LuaStatement],
        _ scope: LuaScope
    ) throws -> Flow {
        var number = try self.number(of: from, scope)
        let last = try self.number(of: to, scope)
        let step = try by.map { try self.number(of: $0, scope) } ?? 1
        while step >= 0 ? number <= last : number >= last {
            let inner = LuaScope(scope)
            inner.declare(name, .number(number))
            if let flow = try iterate(statements, inner) { return flow }
            number += step
        }
        return .next
    }

    private func each(
        _ names: [String], _ expressions: [LuaExpression], _ statements: [LuaStatement], _ scope: LuaScope
    ) throws -> Flow {
        let given = try values(of: expressions, scope)
        guard case .function(let next)? = given.first else {
            throw LuaError("attempt to call a value that is no function")
        }
        var control = given[safe: 2] ?? .none
        while true {
            let values = try next.body([given[safe: 1] ?? .none, control])
            guard let first = values.first, first != .none else { return .next }
            control = first
            let inner = LuaScope(scope)
            for (place, name) in names.enumerated() { inner.declare(name, values[safe: place] ?? .none) }
            if let flow = try iterate(statements, inner) { return flow }
        }
    }

    private func assign(_ value: LuaValue, to target: LuaExpression, _ scope: LuaScope) throws {
        switch target {
        case .variable(let name): try scope.assign(name, value)
        case .index(let table, let key):
            guard let table = try self.value(of: table, scope).table else {
                throw LuaError("attempt to index no table")
            }
            table[try self.value(of: key, scope)] = value
        default: throw LuaError("cannot assign to this")
        }
    }

    // MARK: Expressions

    private func values(of expressions: [LuaExpression], _ scope: LuaScope) throws -> [LuaValue] {
        var all: [LuaValue] = []
        for (place, expression) in expressions.enumerated() {
            if place == expressions.count - 1, expression.isMultiple {
                all += try values(of: expression, scope)
            } else {
                all.append(try value(of: expression, scope))
            }
        }
        return all
    }

    /// All values of an expression that may have several.
    private func values(of expression: LuaExpression, _ scope: LuaScope) throws -> [LuaValue] {
        switch expression {
        case .arguments: return scope.arguments
        case .call(let function, let arguments):
            return try call(value(of: function, scope), values(of: arguments, scope), expression)
        case .method(let object, let name, let arguments):
            let object = try value(of: object, scope)
            // Strings alone have methods.
            let methods = object.table ?? scope.value(of: "string").table
            let function = methods?[name] ?? .none
            return try call(function, [object] + values(of: arguments, scope), expression)
        default: return [try value(of: expression, scope)]
        }
    }

    private func call(_ value: LuaValue, _ arguments: [LuaValue], _ expression: LuaExpression) throws -> [LuaValue] {
        guard case .function(let function) = value else { throw LuaError("attempt to call a \(value.typeName) value") }
        return try function.body(arguments)
    }

    private func value(of expression: LuaExpression, _ scope: LuaScope) throws -> LuaValue {
        switch expression {
        case .constant(let value): return value
        case .variable(let name): return scope.value(of: name)
        case .arguments, .call, .method: return try values(of: expression, scope).first ?? .none
        case .function(let body): return function(body, scope)
        case .index(let table, let key):
            let object = try value(of: table, scope)
            guard let table = object.table else { throw LuaError("attempt to index a \(object.typeName) value") }
            return table[try value(of: key, scope)]
        case .table(let fields): return try table(fields, scope)
        case .unary("(", let inner): return try value(of: inner, scope)
        case .unary("not", let inner): return .boolean(!(try value(of: inner, scope).isTrue))
        case .unary("-", let inner): return .number(-(try number(of: inner, scope)))
        case .unary(_, let inner):
            let value = try value(of: inner, scope)
            if let table = value.table { return .number(Double(table.array.count)) }
            guard let bytes = value.bytes else { throw LuaError("attempt to get length of a \(value.typeName) value") }
            return .number(Double(bytes.count))
        case .binary("and", let left, let right):
            let value = try value(of: left, scope)
            return value.isTrue ? try self.value(of: right, scope) : value
        case .binary("or", let left, let right):
            let value = try value(of: left, scope)
            return value.isTrue ? value : try self.value(of: right, scope)
        case .binary(let symbol, let left, let right):
            return try LuaOperator.apply(symbol, value(of: left, scope), value(of: right, scope))
        }
    }

    private func number(of expression: LuaExpression, _ scope: LuaScope) throws -> Double {
        let value = try value(of: expression, scope)
        guard let number = value.number else { throw LuaError("a number expected, got \(value.typeName)") }
        return number
    }

    private func function(_ body: LuaFunctionBody, _ scope: LuaScope) -> LuaValue {
        .function(LuaFunction { [self] arguments in try call(body, in: scope, arguments) })
    }

    private func table(_ fields: [(key: LuaExpression?, value: LuaExpression)], _ scope: LuaScope) throws -> LuaValue {
        let table = LuaTable()
        var count = 0
        for (place, field) in fields.enumerated() {
            if let key = field.key {
                table[try value(of: key, scope)] = try value(of: field.value, scope)
                continue
            }
            let isLast = place == fields.count - 1 && field.value.isMultiple
            for value in isLast ? try values(of: field.value, scope) : [try value(of: field.value, scope)] {
                count += 1
                table[.number(Double(count))] = value
            }
        }
        return .table(table)
    }
}
