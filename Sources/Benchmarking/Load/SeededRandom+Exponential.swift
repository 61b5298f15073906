import BgdemoFoundations
import BgdemoSystemCompat

extension SeededRandom {
    /// The time to the next event of a Poisson process with one event per second.
    package mutating func exponential() -> Double {
        // unit() may be 0, whose logarithm is infinite.
        -log(unit() + 0x1p-53)
    }
}
