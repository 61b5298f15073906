import ArgumentParser
public import BgdemoCore

extension StrategyDescriptor {
    public static let carrierPigeon = StrategyDescriptor(
        "carrier-pigeon", summary: "pigeons carry the mail to the mail server, and the request waits for them",
        options: [CarrierPigeonOptions.self],
        // The client gets 200 when the mail server has the mail.
        guarantees: .losesNothing
    ) { context in
        let options = try context.options(CarrierPigeonOptions.self)
        return CarrierPigeon(
            sender: context.sender, tracker: context.tracker, pigeons: try options.pigeons(context.environment))
    }
}

/// The options of `serve` for carrier-pigeon.
struct CarrierPigeonOptions: StrategyOptions {
    static let title = "Strategy carrier-pigeon"

    @Option(help: "Pigeons for each mail (BGDEMO_PIGEONS). Default: 2.")
    var pigeons: Int?

    var givenFlags: [String] { Self.names(("--pigeons", pigeons != nil)) }

    func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws { _ = try pigeons(environment) }

    func pigeons(_ environment: EnvironmentVariables) throws -> Int {
        let pigeons = try environment.value(pigeons, "BGDEMO_PIGEONS") ?? 2
        guard pigeons >= 1 else { throw ValidationError("--pigeons is at least 1") }
        return pigeons
    }
}
