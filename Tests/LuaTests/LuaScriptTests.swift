import BgdemoFoundations
import BgdemoLua
import Testing

/// Scripts and what they return. What Redis' own Lua returns for them is in RedisTestingTests.
struct LuaScriptTests {
    @Test(
        "Text that is no script is refused", arguments: ["local = 1", "if x then", "return )", "'open", "x y", "1 = 2"])
    func malformed(text: String) {
        #expect(throws: LuaError.self) { try LuaScript(text) }
    }

    @Test("A script that never ends, or calls itself without end, ends with an error")
    func endless() throws {
        #expect(throws: LuaError.self) { try LuaScript("local function f() return f() + 1 end return f()").run([:]) }
        let deep = String(repeating: "(", count: 100_000)
        #expect(throws: LuaError.self) { try LuaScript("return \(deep)1") }
    }

    @Test("A variable that is not declared cannot be assigned")
    func globals() throws {
        #expect(throws: LuaError.self) { try LuaScript("a = 1").run([:]) }
    }
}
