import Foundation

extension WebDriver {
    /// What axe-core (<https://github.com/dequelabs/axe-core>) finds serious or critical on the page; empty where nothing is.
    /// `./setup test` fetches it.
    public func accessibilityFaults() async throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let axe = try String(contentsOf: root.appending(path: ".build/axe/axe.min.js"), encoding: .utf8)
        _ = try await text(axe + "\nreturn ''")
        _ = try await text(
            """
            window.axeFaults = undefined;
            axe.run(document, { resultTypes: ['violations'] }).then(
              result => window.axeFaults = result.violations.filter(v => ['serious', 'critical'].includes(v.impact))
                .map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 200)).slice(0, 3).join(' | ')).join('\\n'),
              error => window.axeFaults = String(error));
            return '';
            """)
        try await wait(until: "window.axeFaults !== undefined", within: .seconds(30))
        return try await text("return window.axeFaults")
    }
}
