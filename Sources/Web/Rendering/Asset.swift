package import BgdemoHTTPServer

/// A file that pages load, embedded in the program.
package struct Asset: Sendable {
    package let type: HTTPResponse.ContentType
    package let bytes: [UInt8]

    /// - Parameter bytes: Of a module's `PackageResources`.
    package init(_ type: HTTPResponse.ContentType, _ bytes: [UInt8]) {
        (self.type, self.bytes) = (type, bytes)
    }

    /// The files of every page.
    package static let shared: [String: Asset] = [
        "style.css": Asset(.css, PackageResources.style_css),
        "page.js": Asset(.javascript, PackageResources.page_js),
        "changes.js": Asset(.javascript, PackageResources.changes_js),
        "icon.svg": Asset(.svg, PackageResources.icon_svg),
    ]
}
