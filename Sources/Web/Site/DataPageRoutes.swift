package import BgdemoHTTPServer

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A section below its home, `/queues`, whose pages show what Redis has now, and are JSON at the same path with `.json`.
package protocol DataPageRoutes: PageRoutes {
    /// The section's navigation. Default: none.
    var views: [(path: String, label: String, template: String)] { get }
    /// - Parameter path: The segments below the home.
    func page(_ path: [String], _ request: PageRequest) async throws -> DataPage
    /// Does what a form asks for. Default: there is none, 404.
    func act(_ path: [String], _ request: PageRequest) async throws -> PageResponse
}

extension DataPageRoutes {
    package var views: [(path: String, label: String, template: String)] { [] }
    package var interval: Duration { .seconds(2) }

    /// One second in two: what waits gets older though nothing happens.
    package func version() async -> String { "\(Int(Date.now.timeIntervalSince1970) / 2)" }

    package func owns(_ path: [String], _ head: HTTPRequest.Head) -> Bool {
        guard let first = path.first.map({ "/" + $0 }) else { return false }
        return first.utf8.elementsEqual(home.utf8)
            || path.count == 1 && first.utf8.elementsEqual((home + ".json").utf8)
    }

    package func respond(to request: PageRequest) async throws -> PageResponse {
        let (path, asJSON) = DataPage.path(request)
        if request.isPost { return try await act(path, request) }
        return try await page(path, request).response(request, asJSON: asJSON, views: views)
    }

    package func act(_ path: [String], _ request: PageRequest) async throws -> PageResponse {
        throw Problem(.notFound, "there is no such action")
    }
}
