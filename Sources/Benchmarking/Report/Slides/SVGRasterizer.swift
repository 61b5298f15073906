import BgdemoPrivateRedis
import BgdemoSystemCompat
import Subprocess

/// A program that turns SVG into PNG.
struct SVGRasterizer: Sendable {
    let program: String
    let arguments: @Sendable (_ svg: String, _ png: String) -> [String]

    static let all = [SVGRasterizer(program: "rsvg-convert") { ["--output", $1, $0] }] + browsers.map { .browser($0) }

    /// The names of Chromium.
    static let browsers = [
        "chromium", "chromium-browser", "google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ]

    static let missing =
        "PNG needs rsvg-convert (apt-get install librsvg2-bin, brew install librsvg) or chromium in PATH; "
        + "--svg needs neither"

    private static func browser(_ program: String) -> SVGRasterizer {
        SVGRasterizer(program: program) { svg, png in
            // Chromium has no sandbox as root; the file is our own.
            (geteuid() == 0 ? ["--no-sandbox"] : []) + [
                "--headless", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,720", "--screenshot=\(png)",
                "file://\(svg)",
            ]
        }
    }

    var executable: Executable {
        program.hasPrefix("/") ? .path(FilePath(program)) : .name(program)
    }

    var isInstalled: Bool {
        get async {
            guard !program.hasPrefix("/") else { return unsafe access(program, X_OK) == 0 }
            return (try? await executable.resolveExecutablePath(in: .inherit)) != nil
        }
    }

    /// The first rasterizer that is installed.
    static var found: SVGRasterizer? {
        get async {
            for rasterizer in all where await rasterizer.isInstalled { return rasterizer }
            return nil
        }
    }

    func paint(_ svg: String, to png: String) async throws {
        let ended = try await withThrowingTaskGroup(of: (TerminationStatus, String)?.self) { group in
            group.addTask {
                let ended = try await run(
                    executable, arguments: Arguments(arguments(svg, png)),
                    environment: CleanEnvironment.environment, output: .discarded, error: .string(limit: 64 << 10))
                return (ended.terminationStatus, ended.standardError)
            }
            group.addTask {
                try await Task.sleep(for: .seconds(60))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let (status, words) = ended else { throw SlideError("\(program) did not write \(png) within a minute") }
        guard status.isSuccess else {
            throw SlideError("\(program) could not write \(png) (\(status)): \(words.suffix(300))")
        }
    }
}
