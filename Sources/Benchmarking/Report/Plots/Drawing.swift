import BgdemoFoundations
import BgdemoSMTPInbox

/// A rectangle in a drawing; y grows downwards.
struct Frame: Sendable {
    var left: Double
    var top: Double
    var width: Double
    var height: Double

    var right: Double { left + width }
    var bottom: Double { top + height }
}

/// Builds an SVG. Colours are classes of ``Palette``, so that one drawing works in light, dark and print.
struct Drawing: Sendable {
    enum Anchor: String, Sendable { case start, middle, end }

    let format: PlotFormat
    /// Of what was drawn, if that is more than the format's height.
    private(set) var height: Double
    private(set) var body = ""

    init(_ format: PlotFormat, height: Double? = nil) {
        self.format = format
        self.height = height ?? format.height
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        body += "<line class=\"\(style)\" x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\"/>\n"
    }

    mutating func rectangle(_ frame: Frame, _ style: String) {
        body += "<rect class=\"\(style)\" x=\"\(n(frame.left))\" y=\"\(n(frame.top))\" "
        body += "width=\"\(n(max(0, frame.width)))\" height=\"\(n(max(0, frame.height)))\"/>\n"
    }

    mutating func path(_ points: [(x: Double, y: Double)], _ style: String, isClosed: Bool = false) {
        guard let first = points.first else { return }
        body += "<path class=\"\(style)\" d=\"M\(n(first.x)) \(n(first.y))"
        for point in points.dropFirst() { body += "L\(n(point.x)) \(n(point.y))" }
        body += isClosed ? "Z\"/>\n" : "\"/>\n"
    }

    mutating func text(
        _ words: String, _ x: Double, _ y: Double, _ style: String = "ink", anchor: Anchor = .start,
        size: Double = 1
    ) {
        body += "<text class=\"\(style)\" x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor.rawValue)\" "
        body += "font-size=\"\(n(format.font * size))\">\(HTMLEscaping.escape(words))</text>\n"
    }

    /// A mark; its shape identifies its series as its colour does.
    mutating func mark(_ shape: Int, _ x: Double, _ y: Double, _ style: String, size: Double = 1) {
        let r = format.font * 0.34 * size
        let corners: [(Double, Double)]
        switch shape % 7 {
        case 0:
            body += "<circle class=\"\(style)\" cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(r))\"/>\n"
            return
        case 1: corners = [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]
        case 2: corners = [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)]
        case 3: corners = [(0, -1.2), (1.1, 0.8), (-1.1, 0.8)]
        case 4: corners = [(0, 1.2), (1.1, -0.8), (-1.1, -0.8)]
        case 5: corners = [(-1.2, -0.4), (1.2, -0.4), (1.2, 0.4), (-1.2, 0.4)]
        default: corners = [(-0.4, -1.2), (0.4, -1.2), (0.4, 1.2), (-0.4, 1.2)]
        }
        path(corners.map { (x + $0.0 * r, y + $0.1 * r) }, style, isClosed: true)
    }

    /// With one decimal, which is finer than a screen.
    private func n(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(sign)\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
