import BgdemoCommandLine
import BgdemoCore
import BgdemoForeground

/// `bgdemo` with one strategy more, for the test of an eighth strategy.
@main
enum Program {
    static let strategies: [StrategyDescriptor] = [
        .foreground,
        .carrierPigeon,
    ]

    static func main() async { await Bgdemo.run(strategies) }
}
