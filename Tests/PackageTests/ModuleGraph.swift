/// The modules of the package and what each of them imports.
struct ModuleGraph {
    struct Module {
        let name: String
        /// `Sources/Email`
        let folder: String
        /// Modules of this package that it imports directly.
        var imports: Set<String> = []
        /// Products of other packages.
        var products: Set<String> = []

        init(_ name: String, in folder: String, imports: Set<String> = [], products: Set<String> = []) {
            (self.name, self.folder, self.imports, self.products) = (name, folder, imports, products)
        }
    }

    var modules: [String: Module]

    init(_ modules: [Module]) {
        self.modules = Dictionary(modules.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Tests and benchmarks may import everything: they are left out.
    init(_ package: PackageDump) {
        self.init(
            package.targets.compactMap { target in
                let folder = target.path ?? "Sources/\(target.name)"
                guard target.type != "test", folder.hasPrefix("Sources/") || folder.hasPrefix("strategies/") else {
                    return nil
                }
                return Module(
                    target.name, in: folder, imports: Set(target.dependencies.compactMap(\.module)),
                    products: Set(target.dependencies.compactMap(\.product)))
            })
    }

    /// The shortest chain of imports from each module that a module imports, directly or not, to that module.
    ///
    /// - Returns: By the imported module's name, all names from `name` to it.
    func chains(from name: String) -> [String: [String]] {
        var chains: [String: [String]] = [:]
        var rest = [[name]]
        while !rest.isEmpty {
            let chain = rest.removeFirst()
            for next in (modules[chain[chain.count - 1]]?.imports ?? []).sorted() where chains[next] == nil {
                chains[next] = chain + [next]
                rest.append(chain + [next])
            }
        }
        return chains
    }
}
