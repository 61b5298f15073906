package import BgdemoHTTPServer

/// What a section answers.
package enum PageResponse: Sendable {
    /// A page in the layout.
    ///
    /// - Parameters:
    ///   - title: Of the window.
    ///   - main: What the page's `main` contains.
    ///   - files: Styles and ES modules that this page loads besides those of every page, by their names in
    ///     ``PageRoutes/assets``. Default: none.
    ///   - isLive: Whether the page follows the section's changes: it asks for itself again and replaces its `main`.
    ///     Default: true.
    case page(title: String, main: HTMLText, files: [String] = [], isLive: Bool = true)
    /// 303 to a path of this site.
    case redirect(String)
    /// Anything else: JSON, a download, an event stream.
    case response(HTTPResponse)
}
