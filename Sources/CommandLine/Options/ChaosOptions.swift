import ArgumentParser
import BgdemoBenchmarking

/// What goes wrong in the fate matrix.
struct ChaosOptions: ParsableArguments {
    @Option(
        help:
            "What goes wrong, with commas between: \(FaultNames.allValueStrings.joined(separator: ", ")). Default: all."
    )
    var faults: FaultNames?

    @Option(help: "Cells of the matrix that are run at a time; they mostly wait. Default: 4 for each core.")
    var atATime: Int?

    @Option(help: "How often each fault is injected, at seeded moments of fresh runs. Default: 1.")
    var strikes: Int?

    func check() throws {
        guard (1...100).contains(strikes ?? 1) else { throw ValidationError("--strikes is 1 to 100") }
        guard (1...1000).contains(atATime ?? 1) else { throw ValidationError("--at-a-time is 1 to 1000") }
    }
}

/// The value of `--faults`.
struct FaultNames: ExpressibleByArgument {
    let faults: [Fault]

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        // In the order of the columns, each once.
        faults = Fault.all.filter { names.contains($0.name[...]) }
        guard names.allSatisfy({ name in Fault.all.contains { $0.name == name } }) else { return nil }
    }

    static var allValueStrings: [String] { Fault.all.map(\.name) }
}
