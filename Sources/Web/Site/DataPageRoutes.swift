package import BgdemoFoundations
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
    func page(_ path: [ByteString], _ request: PageRequest) async throws -> DataPage
    /// Does what a form asks for. Default: there is none, 404.
    func act(_ path: [ByteString], _ request: PageRequest) async throws -> PageResponse
}

extension DataPageRoutes {
    package var views: [(path: String, label: String, template: String)] { [] }
    package var interval: Duration { .seconds(1) }

    /// One second in two: what waits gets older though nothing happens.
    package func version() async -> String { "\(Int(Date.now.timeIntervalSince1970) / 2)" }

    package func owns(_ path: [ByteString], _ head: HTTPRequest.Head) -> Bool {
        guard let first = path.first else { return false }
        let own = home.utf8.dropFirst()
        return first.elementsEqual(own) || path.count == 1 && first.elementsEqual(Array(own) + Array(".json".utf8))
    }

    package func respond(to request: PageRequest) async throws -> PageResponse {
        let (path, asJSON) = DataPage.path(request)
        if request.isPost { return try await act(path, request) }
        return try await page(path, request).response(request, asJSON: asJSON, views: views)
    }

    package func act(_ path: [ByteString], _ request: PageRequest) async throws -> PageResponse {
        throw Problem(.notFound, "there is no such action")
    }
}
