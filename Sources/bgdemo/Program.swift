import BgdemoCommandLine
import BgdemoCore
import BgdemoEventr
import BgdemoFireAndForget
import BgdemoForeground
import BgdemoLocal
import BgdemoPubSub
import BgdemoQueueBus
import BgdemoResque

/// The executable `bgdemo`.
@main
enum Program {
    /// Every strategy, in the order of the talk. An eighth is a folder in strategies, a line in Package.swift and a line here.
    static let strategies: [StrategyDescriptor] = [
        .foreground,
        .fireAndForget,
        .local,
        .pubSub,
        .resque,
        .eventr,
        .queueBus,
    ]

    static func main() async { await Bgdemo.run(strategies) }
}
