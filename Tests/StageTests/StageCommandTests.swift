import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Subprocess
import Testing

extension StageTests {
    /// `bgdemo stage`, as its users start it.
    @Suite struct StageCommandTests {
        private static let acts = """
            {"steps": [
              {"address": "one", "title": "The first", "lanes": ["resque"], "actions": ["send 5 all", "kill-worker"], "seconds": 1},
              {"address": "two", "title": "The second", "better": ["it goes on"], "lanes": ["resque", "foreground"],
               "actions": ["smtp-down", "wait 0.2", "smtp-up", "stop-server resque"], "seconds": 1.5},
              {"address": "three", "title": "The end", "lanes": ["foreground"], "actions": ["calm"], "seconds": 1}]}
            """

        private static func start(_ folder: String, _ arguments: [String]) -> [String] {
            ["stage", "--port", "0", "--lanes", "resque,foreground", "--acts", folder + "/acts.json"] + arguments
        }

        @Test("--play goes through all steps to the end, and --replay shows what --record has written")
        func play() async throws {
            try await withDirectory { folder in
                let folder = folder.string
                try Self.acts.write(toFile: folder + "/acts.json", atomically: true, encoding: .utf8)
                let record = folder + "/record.ndjson"
                let (_, status) = try await withProgram(Self.start(folder, ["--play", "--record", record])) { program in
                    try await program.end()
                }
                #expect(status == .exited(0))
                let lines = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n")
                let steps = lines.compactMap {
                    $0.split(separator: "\"address\":\"").dropFirst().first?.prefix { $0 != "\"" }
                }
                // The first line lists all of them, the first one first.
                #expect(steps == ["one", "one", "two", "three"])
                for fault in ["kill-worker", "smtp-down", "smtp-up", "stop-server", "continue-server"] {
                    #expect(lines.contains { $0.contains("\"name\":\"\(fault)\"") }, "\(fault)")
                }
                #expect(lines.filter { $0.contains("\"notice\":") } == [])

                let exported = folder + "/talk.html"
                let (_, exporting) = try await withProgram(["stage", "--replay", record, "--export", exported]) {
                    try await $0.end()
                }
                #expect(exporting == .exited(0))
                let page = try String(contentsOfFile: exported, encoding: .utf8)
                for line in lines { #expect(page.contains(line)) }
                _ = try await withProgram(["stage", "--replay", record, "--port", "0"]) { program in
                    let port = try await program.port(after: "replay")
                    #expect(try await fetch("/", port: port).text == page)
                }
            }
        }

        @Test(
            "A script that is none is refused, with the step that is wrong",
            arguments: [
                (#"{"steps": []}"#, "a script has 1 to 500 steps"),
                (#"{"steps": [{"address": "a"}]}"#, "step 1 (a): title is missing"),
                (
                    #"{"steps": [{"address": "a", "title": "", "lanes": ["resque"], "actions": []}, {"address": "b", "title": "", "lanes": ["resque"], "actions": ["jump"]}]}"#,
                    "step 2 (b): unknown action: jump"
                ),
                (
                    #"{"steps": [{"address": "a", "title": "", "lanes": ["resque"], "actions": [], "second": 3}]}"#,
                    "step 1 (a): there is no member second"
                ),
                (
                    #"{"steps": [{"address": "a", "title": "", "lanes": ["eventr"], "actions": []}]}"#,
                    "step 1 (a): lanes are one or two of resque, foreground"
                ),
                (
                    #"{"steps": [{"address": "a", "title": "", "lanes": ["resque"], "actions": ["send 1 eventr"]}]}"#,
                    "step 1 (a): there is no lane eventr"
                ),
                (String(repeating: " ", count: 1 << 21), "has more than 1048576 bytes"),
                ("[", "the script:"),
            ])
        func refuses(script: String, reason: String) async throws {
            try await withDirectory { folder in
                try script.write(toFile: folder.string + "/acts.json", atomically: true, encoding: .utf8)
                let (lines, status) = try await withProgram(Self.start(folder.string, [])) { program in
                    try await program.end()
                    return program.lines
                }
                #expect(status == .exited(64))
                #expect(lines.contains { $0.contains(reason) }, "\(lines)")
            }
        }

        #if os(Linux)
            /// What leaves stopped all that can be.
            private static let stops = [
                "stop-worker all", "stop-server all", "redis-silent",
            ]

            @Test("The death of compare leaves nothing of it, and another may begin")
            func compareDies() async throws {
                try await withDirectory { folder in
                    let folder = folder.string
                    let record = folder + "/record.ndjson"
                    let temporary = folder + "/tmp"
                    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
                    _ = try await withProgram(
                        ["stage", "--port", "0", "--lanes", "resque,foreground", "--record", record],
                        environment: ["TMPDIR": temporary]
                    ) { program in
                        let port = try await program.port(after: "page")
                        func compare() async throws -> Int {
                            try await fetch("/do", port: port, method: "POST", body: "compare").status
                        }
                        func files() -> [String] {
                            (try? FileManager.default.contentsOfDirectory(atPath: temporary)) ?? []
                        }
                        try await wait("all processes") {
                            let page = try? await fetch("/stage.json", port: port)
                            return page?.text.contains("\"delivered\":1") == true && files().count == 1
                                && Processes.withTemporaryFolder(temporary).count >= 5
                        }
                        let own = Set(Processes.withTemporaryFolder(temporary))
                        #expect(try await compare() == 204)
                        #expect(try await compare() == 409)
                        func its() -> Set<Int32> { Set(Processes.withTemporaryFolder(temporary)).subtracting(own) }
                        try await wait("the processes of compare") { its().count >= 3 && files().count == 2 }
                        let pid = try #require(
                            its().first { pid in
                                let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
                                return words.range(of: Data("\0compare\0".utf8)) != nil
                            })
                        kill(pid, SIGKILL)
                        try await wait(within: .seconds(15), "the end of its processes and files") {
                            its().isEmpty && files().count == 1
                        }
                        try await wait("its end on the page") {
                            let text = try? String(contentsOfFile: record, encoding: .utf8)
                            return text?.contains("compare ended without a report") == true
                        }
                        #expect(try await fetch("/compare", port: port).status == 404)
                        try await wait("another one") { (try? await compare()) == 204 }
                    }
                    try await wait(within: .seconds(15), "the end of all processes and files") {
                        Processes.withTemporaryFolder(temporary).isEmpty
                            && ((try? FileManager.default.contentsOfDirectory(atPath: temporary)) ?? ["?"]).isEmpty
                    }
                }
            }

            @Test(
                "Ctrl-C leaves no process and no file, nor does a closed terminal, or the death of the stage; while compare runs, and while processes are stopped, too",
                arguments: [
                    (.interrupt, []), (.kill, []), (.interrupt, ["compare"]), (.kill, ["compare"]),
                    (.terminalClosed, Self.stops), (.kill, Self.stops), (.kill, Self.stops + ["kill-master local"]),
                ] as [(Signal, [String])])
            func ends(signal: Signal, actions: [String]) async throws {
                try await withDirectory { folder in
                    let folder = folder.string
                    let (_, status) = try await withProgram(
                        ["stage", "--port", "0", "--lanes", "local,resque"], environment: ["TMPDIR": folder]
                    ) { program in
                        let port = try await program.port(after: "page")
                        try await wait("all processes") {
                            let page = try? await fetch("/stage.json", port: port)
                            return page?.text.contains("\"delivered\":1") == true
                                && Processes.withTemporaryFolder(folder).count >= 7
                        }
                        for action in actions {
                            let done = try await fetch("/do", port: port, method: "POST", body: action)
                            #expect(done.status == 204, "\(action)")
                        }
                        if actions == ["compare"] {
                            try await wait("the processes of compare") {
                                Processes.withTemporaryFolder(folder).count >= 10
                            }
                        }
                        try program.signal(signal)
                        try await program.end()
                    }
                    if signal != .kill { #expect(status == .exited(0)) }
                    try await wait(within: .seconds(15), "the end of all processes") {
                        Processes.withTemporaryFolder(folder).isEmpty
                    }
                    try await wait(within: .seconds(5), "an empty folder") {
                        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? ["?"]).isEmpty
                    }
                }
            }
        #endif

        @Test(
            "The lanes are shown in a terminal of 80×24, which obeys its keys and is left as it was: with --tui, and without a display",
            arguments: ["--tui", ""])
        func terminal(flag: String) async throws {
            let script = """
                import fcntl, os, pty, select, signal, struct, sys, tempfile, termios, time
                folder = tempfile.TemporaryDirectory()
                os.chdir(folder.name)
                pid, terminal = pty.fork()
                if pid == 0:
                    for name in ["DISPLAY", "WAYLAND_DISPLAY"]: os.environ.pop(name, None)
                    flags = sys.argv[2].split()
                    os.execv(sys.argv[1], [sys.argv[1], "stage", *flags, "--port", "0", "--lanes", "resque,foreground"])
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
                before, seen = termios.tcgetattr(terminal), ""
                def wait(text, start=0):
                    global seen
                    end = time.monotonic() + 40
                    while text not in seen[start:]:
                        if not select.select([terminal], [], [], end - time.monotonic())[0]: sys.exit("not seen: " + text + "\\n" + seen[-2500:])
                        seen += os.read(terminal, 65536).decode("utf8", "replace")
                wait("#resque/"); wait("● worker"); wait("✓1 ")
                def screen(): return seen[seen.rindex("\\x1b[H", 0, seen.rindex("\\x1b[H")):seen.rindex("\\x1b[H")]
                lines = screen().replace("\\x1b[H", "").split("\\r\\n")
                assert len(lines) == 24 and all(len(line.replace("\\x1b[K", "").strip("\\r")) <= 80 for line in lines), lines
                place = len(seen); os.write(terminal, b"0s"); wait("‖ worker", place)
                place = len(seen); os.write(terminal, b"s"); wait("● worker", place)
                place = len(seen); os.write(terminal, b"2"); wait("2▸ foreground", place)
                place = len(seen); os.write(terminal, b"\\x1b[C"); wait("better because", place)
                place = len(seen); os.write(terminal, b"\\x1b[D"); wait("#resque/meet", place)
                place = len(seen); os.write(terminal, b"0"); wait("rate 0/s", place)
                for keys, text in [(b"1w", "resque: 10 mails"), (b"+", "resque: rate 1/s"), (b"-", "resque: rate 0/s"), (b"z", "▲ mail server slow"),
                        (b"x", "▲ mail server down"), (b"u", "mail server up"), (b"t", "Redis cut"), (b"k", "▲ kill -9 worker"), (b"m", "resque has no master"),
                        (b"@", "2▸ foreground"), (b"aq", "foreground: 1 mail"), (b"o", "stage.html is written")]:
                    place = len(seen); os.write(terminal, keys); wait(text, place)
                assert '<script type="text/plain" id="record">' in open("stage.html").read()
                assert "http://127.0.0.1:" in screen() and "[all lanes]" in screen(), screen()
                os.write(terminal, b"\\x03")
                try:
                    while True: seen += os.read(terminal, 65536).decode("utf8", "replace")
                except OSError: pass
                assert os.waitpid(pid, 0)[1] == 0 and seen.endswith("\\x1b[?25h\\x1b[?1049l"), seen[-200:]
                print("done")
                """
            #expect(
                try await Python.run("import sys; sys.argv += ['\(bgdemoPath)', '\(flag)']\n" + script, input: "")
                    == "done\n")
        }

        @Test("serve has no hands: only the stage does")
        func serve() async throws {
            _ = try await withProgram(["serve", "--strategy", "foreground", "--port", "0"]) { program in
                let port = try await program.port()
                for action in ["kill-server", "smtp-down", "send 1"] {
                    #expect(try await fetch("/do", port: port, method: "POST", body: action).status >= 400)
                }
                #expect(try await fetch("/healthz", port: port).status == 200)
            }
        }
    }
}
