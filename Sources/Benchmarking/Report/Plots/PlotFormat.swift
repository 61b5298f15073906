/// The size that a plot is drawn for, in the units of its letters.
package struct PlotFormat: Sendable, Hashable {
    package let name: String
    let width: Double
    /// Of a plot with a frame; rows take what they need.
    let height: Double
    /// The letters' height.
    let font: Double
    /// Whether names stand below or above what they name, because there is no room beside it.
    let isNarrow: Bool
    /// Whether the title is part of the picture; a page has it beside.
    let hasTitle: Bool

    package static let page = PlotFormat(
        name: "wide", width: 900, height: 430, font: 14, isNarrow: false, hasTitle: false)
    package static let phone = PlotFormat(
        name: "narrow", width: 360, height: 340, font: 12, isNarrow: true, hasTitle: false)
    /// 16:9, to be read from the last row.
    package static let slide = PlotFormat(
        name: "slide", width: 1280, height: 720, font: 22, isNarrow: false, hasTitle: true)

    /// Of so many letters, roughly: no font is known here.
    func width(of text: String) -> Double { Double(text.count) * font * 0.56 }
}
