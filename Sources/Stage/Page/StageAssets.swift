import BgdemoFoundations
import BgdemoHTTPServer
import BgdemoWeb

/// The files of the page: the look that all pages have, and what is the stage's own.
enum StageAssets {
    static let page = PackageResources.stage_html
    /// One ES module of several files, which share their names: an exported page has it within, where it could import nothing.
    static let script = [
        PackageResources.model_js, PackageResources.text_js, PackageResources.lanes_js, PackageResources.captions_js,
        PackageResources.plots_js, PackageResources.dots_js, PackageResources.actions_js, PackageResources.keys_js,
        PackageResources.player_js, PackageResources.start_js,
    ].flatMap { $0 }
    static let style = PackageResources.stage_css
    /// The style of every page, which ``style`` follows.
    static let look = Asset.shared["style.css"]?.bytes ?? []

    private static let files: [(name: String, file: Asset)] =
        [("stage.css", Asset(.css, style)), ("stage.js", Asset(.javascript, script))]
        + Asset.shared.map { ($0.key, $0.value) }

    /// Nil where there is none of this name.
    static func named(_ name: some StringProtocol) -> Asset? { files.first { name.hasSameBytes(as: $0.name) }?.file }
}
