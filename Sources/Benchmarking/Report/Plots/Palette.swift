/// The colours of a report, as style sheets for the classes of a ``Drawing`` and of the page.
///
/// The seven colours of the series maximize the smallest difference for normal sight, protanopia, deuteranopia and
/// tritanopia (CIE76 over Machado, Oliveira and Fernandes 2009: 29 on white, 24 on black), each with a contrast of at
/// least 3:1 to its background (WCAG 1.4.11). Shapes, dashes and text carry the same information.
package struct Palette: Sendable {
    let ground: String
    let ink: String
    let faint: String
    let grid: String
    let series: [String]
    /// Backgrounds of cells: kept, doubled, lost, and not applicable.
    let kept: String
    let doubled: String
    let lost: String
    let idle: String
    let alarm: String

    static let light = Palette(
        ground: "#ffffff", ink: "#1d2127", faint: "#5a626d", grid: "#dfe3e8",
        series: ["#30343b", "#a63628", "#1154b0", "#b78805", "#11a375", "#7500e9", "#9487c2"],
        kept: "#d3efdf", doubled: "#fbe9b0", lost: "#f8cfc8", idle: "#f0f2f4", alarm: "#a3150b")

    static let dark = Palette(
        ground: "#14171c", ink: "#e9edf2", faint: "#a3adba", grid: "#333a44",
        series: ["#e6e9ee", "#ff6f5c", "#398ce3", "#e4c545", "#42e29d", "#cf7db0", "#a9ceff"],
        kept: "#17412e", doubled: "#4d3f0c", lost: "#5e221b", idle: "#22272f", alarm: "#ff9d8f")

    /// The style sheet of a drawing.
    var drawingStyle: String {
        var css = """
            text { font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; \
            font-variant-numeric: tabular-nums }
            .ink { fill: \(ink) } .faint { fill: \(faint) } .strong { fill: \(ink); font-weight: 600 }
            .on { fill: \(ground); font-weight: 600 }
            .alarm { fill: \(alarm); font-weight: 600 }
            .grid { stroke: \(grid); stroke-width: 1 } .axis { stroke: \(faint); stroke-width: 1 }
            .leader { stroke: \(faint); stroke-width: .7 } .ground { fill: \(ground) }
            .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round }
            .thin { fill: none; stroke-width: 1.2 } .dashed { stroke-dasharray: 7 5 }
            .area { fill-opacity: .28; stroke: none } .bar { stroke: \(ground); stroke-width: 1 }
            .asked { fill: none; stroke: \(faint); stroke-width: 1.2; stroke-dasharray: 3 3 }
            .kept { fill: \(kept) } .doubled { fill: \(doubled) } .lost { fill: \(lost) } .idle { fill: \(idle) }
            .promise { fill: none; stroke: \(ink); stroke-width: 1.6 }
            .broken { fill: none; stroke: \(alarm); stroke-width: 3.5 }

            """
        for (place, colour) in series.enumerated() {
            css += ".f\(place) { fill: \(colour) } .l\(place) { stroke: \(colour) }\n"
        }
        return css
    }

    /// The variables of the page, for `var(--…)` in its own style.
    var variables: String {
        let all = [
            ("ground", ground), ("ink", ink), ("faint", faint), ("grid", grid), ("kept", kept), ("doubled", doubled),
            ("lost", lost), ("idle", idle), ("alarm", alarm),
        ]
        return ":root { " + all.map { "--\($0.0): \($0.1)" }.joined(separator: "; ") + " }\n"
    }
}
