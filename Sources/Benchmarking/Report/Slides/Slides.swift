import BgdemoFoundations
import BgdemoSMTPInbox

/// The pictures of a comparison as separate files, 16:9 on white.
public enum Slides {
    public struct Slide: Sendable {
        /// The file name without extension: `response`.
        public let name: String
        public let svg: String
    }

    public static func all(of comparison: Comparison) -> [Slide] {
        var slides = Plot.all(of: comparison).map { plot in
            Slide(name: plot.name, svg: document(plot.title, plot.summary, plot.draw(.slide)))
        }
        if let fates = comparison.fates, !fates.rows.isEmpty {
            let summary = fates.rows.map { row in
                "\(row.title): " + row.cells.map { "\($0.fault) \(CellResult($0).words)" }.joined(separator: ", ")
            }.joined(separator: ". ")
            slides.append(
                Slide(
                    name: "fates",
                    svg: document(
                        "What becomes of the mails under each fault", summary, FaultMatrixPlot.draw(fates, in: .slide)))
            )
        }
        return slides
    }

    private static func document(_ title: String, _ summary: String, _ drawing: Drawing) -> String {
        let (width, height) = (Int(drawing.format.width), Int(drawing.height.rounded(.up)))
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
            role="img" aria-labelledby="title summary">
            <title id="title">\(HTMLEscaping.escape(title))</title>
            <desc id="summary">\(HTMLEscaping.escape(summary))</desc>
            <style>
            \(Palette.light.drawingStyle)</style>
            <rect class="ground" width="\(width)" height="\(height)"/>
            \(drawing.body)</svg>

            """
    }
}
