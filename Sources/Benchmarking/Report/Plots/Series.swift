/// How a strategy looks in every plot: its colour and shape by its name's place among all, a dash for the talk's version.
struct SeriesStyle: Sendable, Hashable {
    let place: Int
    let isDashed: Bool

    var line: String { "line l\(place % 7)\(isDashed ? " dashed" : "")" }
    var fill: String { "f\(place % 7)" }

    /// One for each, in order.
    static func all(_ results: [(name: String, semantics: String?)]) -> [SeriesStyle] {
        var places: [String: Int] = [:]
        return results.map { result in
            let place = places[result.name] ?? places.count
            places[result.name] = place
            return SeriesStyle(place: place, isDashed: result.semantics == "talk")
        }
    }
}

/// A line of a plot.
struct Series: Sendable {
    let name: String
    let look: SeriesStyle
    let points: [(x: Double, y: Double)]
}
