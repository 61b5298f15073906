/// The size of a plot in pixels.
package struct PlotFormat: Sendable, Hashable {
    package let name: String
    let width: Double
    /// The height of a plot with a frame; a plot of rows is as high as its rows.
    let height: Double
    /// The font size.
    let font: Double
    /// Whether labels are below or above what they name, since there is no space beside it.
    let isNarrow: Bool
    /// Whether the title is part of the picture; on a page it is outside.
    let hasTitle: Bool

    package static let page = PlotFormat(
        name: "wide", width: 900, height: 430, font: 14, isNarrow: false, hasTitle: false)
    package static let phone = PlotFormat(
        name: "narrow", width: 360, height: 340, font: 12, isNarrow: true, hasTitle: false)
    /// 16:9, readable from the last row.
    package static let slide = PlotFormat(
        name: "slide", width: 1280, height: 720, font: 22, isNarrow: false, hasTitle: true)

    /// The approximate width of a text; the font is not known here.
    func width(of text: String) -> Double { Double(text.count) * font * 0.56 }
}
