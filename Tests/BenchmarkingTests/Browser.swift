import Foundation
import Subprocess
import Testing

@testable import BgdemoBenchmarking

/// Tests that start a browser. They run one after the other, since each uses all cores.
@Suite(.serialized) struct BrowserTests {}

/// Renders pages with headless Chromium.
enum Browser {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A page as it is rendered in a window.
    struct View: Decodable {
        struct Picture: Decodable {
            let id: String
            let role: String
            let title: String
            let summary: String
            let width: Double
            let height: Double
            let shapes: Int
            /// Texts that are partly outside the picture.
            let cut: [String]
            /// Attributes that should be numbers and are not.
            let broken: [String]
        }

        struct Row: Decodable {
            let head: String
            let cells: [String]
            /// The values of `<data value>`; nil for a cell without one.
            let values: [Double?]
        }

        struct Table: Decodable {
            let id: String
            let caption: String
            let columns: [String]
            let rows: [Row]
            /// Header cells without a scope.
            let unscoped: Int
            let width: Double
            let height: Double
            /// Cells that are partly outside the window, or whose text is partly outside the cell.
            let cut: [String]
        }

        let window: Double
        /// The width of the page. More than ``window`` means that it scrolls sideways.
        let page: Double
        let pictures: [Picture]
        let tables: [Table]
        let json: String
        let text: String
        let ground: String

        func table(_ id: String) throws -> Table {
            guard let table = tables.first(where: { $0.id == id }) else {
                throw Failure(description: "the page has no table \(id) but \(tables.map(\.id))")
            }
            return table
        }
    }

    /// Renders each page at each width.
    ///
    /// - Returns: The rendered pages, and the lines of the browser's console.
    static func look(
        at pages: [String], widths: [Int] = [375, 1280], flags: [String] = []
    ) async throws -> (views: [View], console: [String]) {
        let place = FileManager.default.temporaryDirectory.appending(path: "bgdemo-browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        for (index, page) in pages.enumerated() {
            try Data(page.utf8).write(to: place.appending(path: "\(index).html"))
        }
        let frames = pages.indices.flatMap { index in
            widths.map { "<iframe src=\(index).html style='width:\($0)px;height:900px;border:0'></iframe>" }
        }
        try Data("<body>\(frames.joined())<script>\(script)</script>".utf8).write(
            to: place.appending(path: "look.html"))
        let (dump, log) = try await run(
            flags + [
                "--allow-file-access-from-files", "--enable-logging=stderr", "--v=0", "--dump-dom",
                "--user-data-dir=\(place.path)/profile", "file://\(place.path)/look.html",
            ])
        guard let start = dump.range(of: "<pre>"), let end = dump.range(of: "</pre>"),
            let json = String(dump[start.upperBound..<end.lowerBound]).removingPercentEncoding
        else { throw Failure(description: "the browser showed nothing: \(dump.prefix(500)) \(log.suffix(2000))") }
        let views = try JSONDecoder().decode([View].self, from: Data(json.utf8))
        return (
            views,
            log.split(separator: "\n").map(String.init).filter {
                $0.contains(":CONSOLE") && !$0.contains("source: chrome://")
            }
        )
    }

    private static func run(_ arguments: [String]) async throws -> (output: String, error: String) {
        let browsers = SVGRasterizer.all.filter { SVGRasterizer.browsers.contains($0.program) }
        var found: Executable?
        for browser in browsers where found == nil {
            if await browser.isInstalled { found = browser.executable }
        }
        guard let browser = found else { throw Failure(description: "no Chromium is there: ./setup test") }
        return try await withThrowingTaskGroup(of: (String, String).self) { group in
            group.addTask {
                let ended = try await Subprocess.run(
                    browser,
                    arguments: Arguments(["--headless", "--no-sandbox", "--disable-gpu"] + arguments),
                    output: .string(limit: 64 << 20), error: .string(limit: 4 << 20))
                return (ended.standardOutput, ended.standardError)
            }
            group.addTask {
                try await Task.sleep(for: .seconds(60))
                throw Failure(description: "chromium did not end within a minute")
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw Failure(description: "nothing ran") }
            return result
        }
    }

    /// Runs in a page that contains the rendered ones as frames.
    private static let script = """
        addEventListener('load', () => {
          const views = [...document.querySelectorAll('iframe')].map(frame => {
            const page = frame.contentDocument, root = page.documentElement;
            const shown = [...page.querySelectorAll('svg')].filter(svg => svg.getClientRects().length > 0);
            for (const details of page.querySelectorAll('details')) details.open = true;
            return {
              window: frame.contentWindow.innerWidth, page: root.scrollWidth,
              text: page.body.innerText, json: (page.getElementById('comparison') || {}).textContent || '',
              ground: frame.contentWindow.getComputedStyle(page.body).backgroundColor,
              pictures: shown.map(svg => {
                const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
                const named = svg.getAttribute('aria-labelledby').split(' ').map(id => page.getElementById(id).textContent);
                const texts = [...svg.querySelectorAll('text')];
                return {
                  id: svg.closest('section').id, role: svg.getAttribute('role'), title: named[0], summary: named[1],
                  width: box.width, height: box.height,
                  shapes: svg.querySelectorAll('path, rect, circle').length,
                  cut: texts.filter(text => { const b = text.getBBox();
                    return b.x < -1 || b.y < -1 || b.x + b.width > view.width + 1 || b.y + b.height > view.height + 1;
                  }).map(text => text.textContent),
                  broken: [...svg.querySelectorAll('*')].flatMap(e => [...e.attributes])
                    .filter(a => /nan|inf/i.test(a.value) && /^(x|y|d|r|cx|cy|x1|x2|y1|y2|width|height)$/.test(a.name))
                    .map(a => a.name + '=' + a.value)
                };
              }),
              tables: [...page.querySelectorAll('table')].map(table => ({
                id: table.id, caption: table.caption ? table.caption.textContent : '',
                columns: [...table.querySelectorAll('thead th')].map(th => th.textContent),
                unscoped: table.querySelectorAll('th:not([scope])').length,
                width: table.getBoundingClientRect().width, height: table.getBoundingClientRect().height,
                cut: [...table.querySelectorAll('tbody th, tbody td, caption span')].filter(cell => {
                  const b = cell.getBoundingClientRect();
                  return b.width > 0 && (b.left < 0 || b.right > frame.contentWindow.innerWidth
                    || cell.scrollWidth > cell.clientWidth + 1 && cell.clientWidth > 0);
                }).map(cell => cell.textContent),
                rows: [...table.querySelectorAll('tbody tr')].map(tr => ({
                  head: tr.querySelector('th').textContent,
                  cells: [...tr.querySelectorAll('td')].map(td => td.textContent),
                  values: [...tr.querySelectorAll('td')].map(td => {
                    const data = td.querySelector('data'); return data ? Number(data.value) : null; })
                }))
              }))
            };
          });
          const out = document.createElement('pre');
          out.textContent = encodeURIComponent(JSON.stringify(views));
          document.body.replaceChildren(out);
        });
        """
}
