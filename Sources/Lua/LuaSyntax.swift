/// An expression of a script.
indirect enum LuaExpression {
    case constant(LuaValue)
    case arguments
    case variable(String)
    case index(LuaExpression, LuaExpression)
    case call(LuaExpression, [LuaExpression])
    case method(LuaExpression, String, [LuaExpression])
    case function(LuaFunctionBody)
    case table([(key: LuaExpression?, value: LuaExpression)])
    case unary(String, LuaExpression)
    case binary(String, LuaExpression, LuaExpression)

    /// Whether it may have several values.
    var isMultiple: Bool {
        switch self {
        case .call, .method, .arguments: true
        default: false
        }
    }
}

/// The parameters of a function and what it does.
struct LuaFunctionBody {
    let parameters: [String]
    let statements: [LuaStatement]
}

/// A statement of a script.
indirect enum LuaStatement {
    case local([String], [LuaExpression])
    case localFunction(String, LuaFunctionBody)
    case assign([LuaExpression], [LuaExpression])
    case call(LuaExpression)
    case block([LuaStatement])
    case loopWhile(LuaExpression, [LuaStatement])
    case loopUntil(LuaExpression, [LuaStatement])
    case branch([(condition: LuaExpression, statements: [LuaStatement])], otherwise: [LuaStatement])
    case count(String, from: LuaExpression, to: LuaExpression, by: LuaExpression?, [LuaStatement])
    case each([String], in: [LuaExpression], [LuaStatement])
    case result([LuaExpression])
    case leave
}
