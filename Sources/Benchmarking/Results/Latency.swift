/// A distribution of times in milliseconds, from an HdrHistogram of three digits. All 0 if ``count`` is.
public struct Latency: Codable, Sendable, Hashable {
    public var count = 0
    public var min: Double = 0
    public var mean: Double = 0
    public var p50: Double = 0
    public var p90: Double = 0
    public var p99: Double = 0
    public var p999: Double = 0
    public var max: Double = 0
    /// Points for a plot, in rising order: at each percentile (0 to 100) the time that this share did not exceed.
    public var curve: [Point] = []
    /// Bars of a histogram, in rising order, with bounds that grow geometrically.
    public var bars: [Bar] = []

    public struct Point: Codable, Sendable, Hashable {
        public var percentile: Double
        public var milliseconds: Double

        public init(percentile: Double, milliseconds: Double) {
            (self.percentile, self.milliseconds) = (percentile, milliseconds)
        }
    }

    public struct Bar: Codable, Sendable, Hashable {
        /// Inclusive.
        public var from: Double
        /// Exclusive.
        public var to: Double
        public var count: Int

        public init(from: Double, to: Double, count: Int) {
            (self.from, self.to, self.count) = (from, to, count)
        }
    }

    public init() {}
}
