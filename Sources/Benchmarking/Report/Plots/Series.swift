/// The style of a strategy in every plot: colour and shape by the order of the names, dashed for the semantics of 2016.
struct SeriesStyle: Sendable, Hashable {
    let place: Int
    let isDashed: Bool

    var line: String { "line l\(place % 7)\(isDashed ? " dashed" : "")" }
    var fill: String { "f\(place % 7)" }

    /// One style for each result, in order.
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
