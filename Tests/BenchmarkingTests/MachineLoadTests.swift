import BgdemoTestSupport
import Testing

@testable import BgdemoBenchmarking

struct MachineLoadTests {
    private func ticks(_ system: String, _ own: String) throws -> MachineLoadMeter.Ticks {
        let process = "42 (a name) with) S 1 42 42 0 -1 4194304 100 0 0 0 \(own) 20 0 1 0 100"
        return try #require(MachineLoadMeter.Ticks(system: Substring(system), process: process))
    }

    @Test("Cores in use, those of others and what was stolen are differences of two readings")
    func differences() throws {
        let start = try ticks("cpu  100 0 50 1000 0 0 0 0 0 0", "10 5 0 0")
        // 200 ticks of two cores: 100 busy, 20 of them ours, 10 stolen.
        let end = try ticks("cpu  180 10 60 1085 5 0 0 10 0 0", "20 10 3 2")
        let load = try #require(MachineLoadMeter.load(from: start, to: end, cores: 2))
        #expect(abs(load.busyCores - 1) < 0.001 && abs(load.otherCores - 0.8) < 0.001)
        #expect(abs(load.stolenShare - 0.05) < 0.001)
        #expect(load.warning(cores: 2)?.hasPrefix("The machine was not quiet: of 2 cores 1.00 busy, 0.80") == true)
        #expect(load.text == "1.00 busy, 0.80 of them by others, 5.00 % stolen")
        #expect(MachineLoad(busyCores: 2, otherCores: 0.1, stolenShare: 0.01).warning(cores: 2) == nil)
        #expect(MachineLoadMeter.load(from: end, to: end, cores: 2) == nil)
    }

    @Test("A comparison says why its figures are worse than they could be")
    func warnings() throws {
        var machine = Machine(system: "", processor: "", cores: 2, memoryBytes: 0, versions: [:])
        var comparison = Comparison(began: "", seconds: 0, machine: machine, settings: ComparisonSettings())
        #expect(comparison.warnings.isEmpty)
        comparison.load = MachineLoad(busyCores: 2, otherCores: 1, stolenShare: 0)
        machine.isDebugBuild = true
        comparison.machine = machine
        #expect(comparison.warnings.count == 2)
        #expect(comparison.warnings.last?.hasPrefix("This is a debug build") == true)
    }

    @Test(
        "What is no such file has no load",
        arguments: [("", ""), ("cpu 1 2 3", "1 (x) S"), ("cpu a b c d e f g h", "")])
    func others(system: String, process: String) {
        #expect(MachineLoadMeter.Ticks(system: Substring(system), process: process) == nil)
    }

    @Test("This machine has one, which this process raises", .enabled(if: isLinux))
    func here() throws {
        let meter = MachineLoadMeter(cores: 1)
        let end = ContinuousClock.now + .milliseconds(200)
        while ContinuousClock.now < end {}
        let load = try #require(meter.load)
        #expect(load.busyCores > 0 && load.busyCores <= 1 && load.otherCores <= load.busyCores)
    }
}
