import Testing

@testable import BgdemoBenchmarking

/// Lines of strace, as it writes them with `-f -y -s 0`.
struct DiskTraceTests {
    private func synced(_ lines: String) -> [String: Int] {
        var trace = DiskTrace(directory: "/data")
        for line in lines.split(separator: "\n") { trace.read(line) }
        return trace.synced
    }

    @Test("What was written before a sync began is on disk, what came since is not")
    func sync() {
        let lines = """
            9 openat(AT_FDCWD</data>, "appendonlydir/a.aof", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 8</data/appendonlydir/a.aof>
            9 write(8</data/appendonlydir/a.aof>, ""..., 50) = 50
            7 fdatasync(8</data/appendonlydir/a.aof> <unfinished ...>
            9 write(8</data/appendonlydir/a.aof>, ""..., 29 <unfinished ...>
            7 <... fdatasync resumed>)          = 0
            9 <... write resumed>)              = 29
            9 write(10<socket:[2137]>, ""..., 5) = 5
            """
        #expect(synced(lines) == ["/data/appendonlydir/a.aof": 50])
        #expect(synced(lines + "\n7 fsync(8</data/appendonlydir/a.aof>) = 0") == ["/data/appendonlydir/a.aof": 79])
    }

    @Test("A sync that did not return, or failed, counts for nothing")
    func noSync() {
        let write = "9 write(8</data/a>, \"\"..., 50) = 50\n"
        #expect(synced(write + "9 fsync(8</data/a> <unfinished ...>") == ["/data/a": 0])
        #expect(synced(write + "9 fsync(8</data/a>) = -1 EIO (Input/output error)") == ["/data/a": 0])
    }

    @Test("A file keeps what is known of it under its next name, and loses it when it is cut")
    func renames() {
        let lines = """
            9 write(8</data/temp.aof>, ""..., 89) = 89
            9 fsync(8</data/temp.aof>) = 0
            9 rename("temp.aof", "appendonlydir/base.rdb") = 0
            """
        #expect(synced(lines) == ["/data/appendonlydir/base.rdb": 89])
        #expect(
            synced(lines + "\n9 ftruncate(8</data/appendonlydir/base.rdb>, 30) = 0") == [
                "/data/appendonlydir/base.rdb": 30
            ])
        #expect(synced(lines + "\n9 rename(\"/data/other\", \"/data/appendonlydir/base.rdb\") = 0") == [:])
    }

    @Test("Writes at a place count by their end")
    func places() {
        let lines = """
            9 pwrite64(5</data/journal>, ""..., 100, 4096) = 100
            9 pwrite64(5</data/journal>, ""..., 10, 0) = 10
            9 fsync(5</data/journal>) = 0
            """
        #expect(synced(lines) == ["/data/journal": 4196])
    }

    @Test(
        "Lines of another kind change nothing",
        arguments: [
            "", "9", "9 ", "9 write(", "9 write(8</data/a>", "9 <... write resumed>) = 5", "9 = 3",
            "9 +++ killed by SIGKILL +++",
            "9 write(8</data/a>, \"\"..., 50) = ?", "9 ftruncate(8</data/a>, 9223372036854775808) = 0",
            "9 rename(\"a\") = 0",
        ])
    func others(line: String) {
        #expect(synced(line).isEmpty)
    }
}
