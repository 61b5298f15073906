import Foundation
import Subprocess
import Testing

/// What `swift package dump-package` says of Package.swift, as far as it is asked here.
struct PackageDump: Decodable {
    struct Target: Decodable {
        let name: String
        let type: String
        let path: String?
        let dependencies: [Dependency]
    }

    /// `{"product":[name, package, aliases, condition]}` or `{"byName":[name, condition]}`.
    struct Dependency: Decodable {
        let module: String?
        let product: String?
        let package: String?
        /// The traits of which one has to be on; empty where the dependency is always there.
        let traits: [String]

        private enum CodingKeys: String, CodingKey { case byName, target, product }
        private struct Condition: Decodable { let traits: [String]? }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            if var product = try? container.nestedUnkeyedContainer(forKey: .product) {
                (module, self.product) = (nil, try product.decode(String.self))
                package = try product.decodeIfPresent(String.self)
                _ = try product.decodeIfPresent([String: String].self)
                traits = try product.decodeIfPresent(Condition.self)?.traits ?? []
            } else {
                let key: CodingKeys = container.contains(.byName) ? .byName : .target
                var target = try container.nestedUnkeyedContainer(forKey: key)
                (module, product, package) = (try target.decode(String.self), nil, nil)
                traits = try target.decodeIfPresent(Condition.self)?.traits ?? []
            }
        }
    }

    let targets: [Target]

    /// Of the package that these tests are in. Its own scratch folder keeps it out of the way of the build that runs them.
    static func current() async throws -> PackageDump {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "bgdemo-package-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let result = try await run(
            .name("swift"),
            arguments: ["package", "--package-path", root, "--scratch-path", scratch.path, "dump-package"],
            output: .string(limit: 16 << 20))
        return try JSONDecoder().decode(PackageDump.self, from: Data(result.standardOutput.utf8))
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
        .path
}
