import Foundation
import Testing

/// What the sources import, beside what Package.swift says that they may.
@Suite struct DeclaredImportTests {
    @Test("Each module imports only those modules of this package that Package.swift lists for it")
    func declared() async throws {
        let graph = ModuleGraph(try await PackageDump.current())
        var count = 0
        for module in graph.modules.values {
            // A module may have others in its folder.
            let others = graph.modules.values.map(\.folder).filter { $0.hasPrefix(module.folder + "/") }
            for file in try Self.files(in: module.folder) where !others.contains(where: { file.hasPrefix($0 + "/") }) {
                let imports = Set(try Self.imports(of: file)).intersection(graph.modules.keys)
                count += imports.count
                #expect(imports.subtracting(module.imports).sorted() == [], "\(file)")
            }
        }
        #expect(count > 100)
    }

    private static func files(in folder: String) throws -> [String] {
        let all = FileManager.default.enumerator(atPath: "\(PackageDump.root)/\(folder)")
        return (all?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }
    }

    private static func imports(of file: String) throws -> [String] {
        try String(contentsOfFile: "\(PackageDump.root)/\(file)", encoding: .utf8).split(separator: "\n").compactMap {
            $0.firstMatch(
                of:
                    /^\s*(?:@\S+\s+)?(?:public |package |internal |private )?import (?:struct |class |enum |func )?(\w+)/
            )
            .map { String($0.1) }
        }
    }
}
