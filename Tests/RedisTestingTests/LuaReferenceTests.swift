import BgdemoTestSupport
import Logging
import NIOPosix
import RedisClient
import RedisTesting
import Testing

/// Scripts and commands whose replies must be those of a real Redis.
@Suite(.timeLimit(.minutes(1)))
struct LuaReferenceTests {
    private static let scripts = [
        "return 1 + 2 * 3 ^ 2 - 4 / 2 % 3", "return {1, 'two', {3, nil, 4}, false, true}", "return 7.9", "return -7.9",
        "return 'a' .. 1 .. 2.5 .. 1e20", "local a, b, c = (function() return 1, 2, 3 end)() return {a, b, c}",
        "return {(function() return 1, 2 end)(), (function() return 1, 2 end)()}", "return #'four' + #{1, 2, 3}",
        "local t = {} for i = 10, 1, -3 do t[#t + 1] = i end return t",
        "return {string.match('a=1, b=2', '(%a)=(%d)')}",
        "local i = 0 repeat local j = i i = i + 1 until j == 4 return i", "return string.find('a.b', '.', 1, true)",
        "local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return t", "return tostring(1e15)",
        "return {string.find('hello world', 'o w', 1)}", "return string.format('%d %s %5.2f %x', 3.0, 'x', 2.345, 255)",
        "return cjson.encode({1, 'a/\"b', {x = 1}, {}, false})",
        "return cjson.decode('{\"a\":[1,2,null,\"\\\\u00e9\"]}').a",
        "return {pcall(function() error({err = 'no'}) end)}", "return redis.error_reply('ERR mine')",
        "return redis.status_reply('FINE')",
        "return redis.sha1hex('') .. redis.sha1hex(string.rep('x', 200))", "return redis.call('TYPE', 'none').ok",
        "redis.call('SET', 'k', 'v') return redis.call('TYPE', 'k')", "return redis.call('GET', 'nothing')",
        "redis.call('RPUSH', 'l', 1, 2.5, 'x') return redis.call('LRANGE', 'l', 0, -1)",
        "return redis.call('HGET', 'k', 'f')",
        "return redis.pcall('INCR', 'l').err ~= nil",
        "local n = 0 for _, v in ipairs({1, 2, nil, 4}) do n = n + v end return n",
        "return string.gsub('a-b-c', '-', '+')", "return {string.match('2026-11-28', '^(%d+)-(%d+)-(%d+)$')}",
        "return {tonumber('0x10'), tonumber('  5 '), tonumber('5x') or 'none', tonumber('11', 2)}", "return nil",
        "local s = 0 for w in string.gmatch('1 22 333', '%d+') do s = s + w end return s", "return not nil == true",
        "return string.sub('hello', -3, -2)", "return math.max(1, 7, 3) + math.floor(-1.5)",
        "return {unpack({1, 2, 3}, 2)}",
        "if 0 then return 'zero is true' end", "local t = {a = 1, ['b c'] = 2, 3} return {t.a, t['b c'], t[1]}",
        "return redis.call('NOSUCH', 'x')", "return ('x'):rep(3)", "return '1' + 1", "return 2 ^ 53",
        "return {1, 2, select('#', 1, 2)}",
        "local a = {} a.b = {} a.b.c = 5 return a.b.c", "while true do break end return 'left'",
        "return string.format('%.14g', 0.1)",
    ]
    private static let commands: [[String]] = [
        ["SET", "a", "1", "EX", "100", "NX"], ["SET", "a", "2", "NX"], ["TTL", "a"], ["INCR", "a"], ["INCR", "k"],
        ["HSET", "h", "b", "1", "a", "2"], ["HSET", "h", "b", "3"], ["HMGET", "h", "a", "x", "b"],
        ["HDEL", "h", "a", "x"],
        ["HSET", "h", "odd"], ["LLEN", "h"], ["RPUSH", "q", "x", "y", "x", "z"], ["LREM", "q", "-1", "x"],
        ["LRANGE", "q", "0", "-1"],
        ["LTRIM", "q", "1", "-1"], ["LINDEX", "q", "-1"], ["LMOVE", "q", "q", "LEFT", "LEFT"], ["LPOP", "q", "9"],
        ["LPOP", "q"],
        ["EXISTS", "q", "h", "h"], ["TYPE", "q"], ["SADD", "s", "1", "2", "1"], ["SREM", "s", "1", "9"],
        ["SMEMBERS", "s"],
        ["ZADD", "z", "2", "b", "1", "a", "2", "aa"], ["ZADD", "z", "XX", "5", "new"],
        ["ZRANGE", "z", "0", "-1", "WITHSCORES"],
        ["ZRANGEBYSCORE", "z", "(1", "+inf", "LIMIT", "0", "1"],
        ["ZREVRANGEBYSCORE", "z", "+inf", "1", "LIMIT", "0", "2"],
        ["ZREM", "z", "a"], ["ZCARD", "z"], ["ZSCORE", "z", "b"], ["DEL", "s", "z", "none"], ["TTL", "none"],
        ["PERSIST", "a"],
        ["TTL", "a"], ["GET", "h"], ["MGET", "a", "h", "none"], ["HSETNX", "h", "b", "9"], ["HGETALL", "h"],
        ["HINCRBY", "h", "b", "2"],
    ]

    @Test("Scripts and commands are answered as Redis answers them")
    func sameReplies() async throws {
        try await withRedisServer { server in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let real = RedisConnection(
                try RedisURL(server.url), on: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
            let memory = InMemoryRedis()
            for words in Self.scripts.map({ ["EVAL", $0, "0"] }) + Self.commands {
                let command = RedisCommand(words)
                let (expected, found) = (try await real.pipeline([command])[0], try await memory.pipeline([command])[0])
                if case .error(let error) = expected {
                    // The words of an error may differ, its kind may not.
                    guard case .error(let other) = found else {
                        Issue.record("\(words): \(found), and Redis replies \(error)")
                        continue
                    }
                    #expect(other.kind == error.kind, "\(words)")
                } else {
                    #expect(found == expected, "\(words)")
                }
            }
            await real.close()
        }
    }

    @Test("A key expires by the clock that a test turns")
    func expiry() throws {
        let redis = InMemoryRedis()
        _ = try redis.execute(["SET", "key", "value", "EX", 60])
        redis.advance(by: .seconds(59))
        #expect(try redis.execute(["GET", "key"]).text == "value")
        redis.advance(by: .seconds(1))
        #expect(try redis.execute(["GET", "key"]).isNull)
    }
}
