import RedisClient
import Testing

@Suite("Redis URLs")
struct RedisURLTests {
    @Test(
        "A URL is described without its passwords",
        arguments: [
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379/0"),
            ("redis://localhost", "redis://localhost:6379/0"),
            ("REDIS://localhost/3", "redis://localhost:6379/3"),
            ("rediss://u:p%40ss@redis.example:6380/", "rediss://u:***@redis.example:6380/0"),
            ("redis://:a@b@[::1]:1/15", "redis://:***@[::1]:1/15"),
            ("unix:///run/redis.sock", "unix:///run/redis.sock"),
            ("redis+sentinel://a,b:2,[::1]:3/mymaster", "redis+sentinel://a:26379,b:2,[::1]:3/mymaster/0"),
            ("redis+sentinel://u:p@a/my%2Fmaster/2", "redis+sentinel://u:***@a:26379/my/master/2"),
            ("rediss+sentinel://:p@a/m/1?sentinel-password=hunter2", "rediss+sentinel://:***@a:26379/m/1"),
            ("redis+sentinel://a/m?sentinel-user=u&sentinel-password=p", "redis+sentinel://a:26379/m/0"),
            ("unix://:secret@/run/a%20b.sock?db=2", "unix://:***@/run/a b.sock?db=2"),
        ])
    func good(text: String, description: String) throws {
        #expect("\(try RedisURL(text))" == description)
    }

    @Test(
        "Anything else is refused, with a reason that does not contain the password",
        arguments: [
            "", "localhost", "localhost:6379", "http://localhost", "redis:localhost", "redis://", "redis:///0",
            "redis://:6379", "redis://host:", "redis://host:0", "redis://host:65536", "redis://host:+1",
            "redis://host:6a",
            "redis://::1:6379", "redis://[::1", "redis://[::1]6379", "redis://host/x", "redis://host/-1",
            "redis://host/1/2",
            "redis://host/99999", "redis://host?x=hunter2", "redis://host#hunter2", "redis://hunter2@host",
            "redis://user:@host", "redis+sentinel://a", "redis+sentinel://a/", "redis+sentinel:///m",
            "redis+sentinel://a,/m",
            "redis+sentinel://a/m?hunter2=1", "redis+sentinel://a/m?sentinel-password", "redis+sentinel://a/m/x",
            "redis://:hunter2%-0b@host", "redis://:hunter2%+0@host", "redis://" + String(repeating: "x", count: 9000),
            "redis://user:hunter2%4@host", "redis://user:hunter2%zz@host",
            "redis://u:hunter2%ff@host",
            "redis://ho st", "redis://host\r\nhunter2", "redis://host\0", "unix://run/redis.sock", "unix://",
            "unix:///x?db=", "unix:///x?hunter2=1", "unix:///" + String(repeating: "x", count: 103), "unix:///x%00y",
        ])
    func bad(text: String) throws {
        let error = #expect(throws: InvalidRedisURL.self) { try RedisURL(text) }
        #expect(error?.description.contains("hunter2") == false)
    }
}
