import Testing

/// Packages that only the program needs, and that no user of a library is to fetch.
@Suite struct TraitTests {
    @Test("A package that no library needs depends on the trait Program")
    func guarded() async throws {
        let package = try await PackageDump.current()
        let needed = Self.packages(for: ["Resque", "QueueBus", "Eventr", "RedisClient"], in: package)
        let dependencies = package.targets.flatMap(\.dependencies).filter { $0.package != nil }
        for dependency in dependencies where !needed.contains(dependency.package ?? "") {
            #expect(dependency.traits == ["Program"], "\(dependency.product ?? "")")
        }
        let others = Set(dependencies.compactMap(\.package)).subtracting(needed)
        #expect(others.isSuperset(of: ["swift-argument-parser", "swift-subprocess", "hdrhistogram-swift"]))
    }

    @Test("A package that a library needs depends on no trait")
    func unguarded() async throws {
        let package = try await PackageDump.current()
        let needed = Self.packages(for: ["Resque", "QueueBus", "Eventr", "RedisClient"], in: package)
        for dependency in package.targets.flatMap(\.dependencies) where needed.contains(dependency.package ?? "") {
            #expect(dependency.traits == [], "\(dependency.product ?? "")")
        }
    }

    /// The other packages that these targets need, also through others.
    private static func packages(for names: [String], in package: PackageDump) -> Set<String> {
        let graph = ModuleGraph(package)
        let all = Set(names + names.flatMap { graph.chains(from: $0).keys })
        return Set(package.targets.filter { all.contains($0.name) }.flatMap(\.dependencies).compactMap(\.package))
    }
}
