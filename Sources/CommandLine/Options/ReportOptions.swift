import ArgumentParser
import BgdemoBenchmarking
import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where the results go, beside the terminal.
struct ReportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("All figures, for programs; docs/compare.md says what they mean.", valueName: "file"),
        completion: .file())
    var json: String?

    @Option(
        help: ArgumentHelp("All figures as one page with plots, for a browser.", valueName: "file.html"),
        completion: .file())
    var report: String?

    @Option(
        help: ArgumentHelp("An earlier --json: what is different now is told.", valueName: "file"), completion: .file())
    var compareTo: String?

    @Option(help: ArgumentHelp("Each plot as an SVG file, for slides.", valueName: "folder"), completion: .directory)
    var svg: String?

    @Option(
        help: ArgumentHelp("Each plot as a PNG file, by rsvg-convert or Chromium.", valueName: "folder"),
        completion: .directory)
    var png: String?

    @Option(
        help: ArgumentHelp("Each distribution as a file of HdrHistogram, for its plotters.", valueName: "folder"),
        completion: .directory)
    var hgrm: String?

    /// To be asked before anything is measured.
    ///
    /// - Returns: The earlier run of `--compare-to`.
    /// - Throws: `ValidationError` where a file will not be writable, or the earlier run can't be read.
    func check() throws -> Comparison? {
        do throws(OutputFile.WriteError) {
            for path in [json, report].compactMap({ $0 }) { try OutputFile.check(path) }
            for folder in [svg, png, hgrm].compactMap({ $0 }) { try OutputFile.check(folder: folder) }
        } catch {
            throw ValidationError(error.description)
        }
        guard let compareTo else { return nil }
        guard let data = FileManager.default.contents(atPath: compareTo) else {
            throw ValidationError("\(compareTo) of --compare-to can't be read")
        }
        do {
            return try Comparison(json: data)
        } catch {
            throw ValidationError("\(compareTo) of --compare-to: \(error)")
        }
    }

    /// Writes the files, and tells what is different from `before`.
    func write(_ comparison: Comparison, before: Comparison?) async throws {
        if let json { try OutputFile.write(comparison.json(), to: json) }
        if let report { try OutputFile.write(HTMLReport.page(comparison, before: before), to: report) }
        if let svg { _ = try Slides.write(comparison, to: svg) }
        if let png { _ = try await Slides.writePNG(comparison, to: png) }
        if let hgrm { try HistogramFiles.write(comparison, to: hgrm) }
        guard let before else { return }
        print("\nsince \(before.began):")
        for line in ChangeTable.lines(from: before, to: comparison, width: TerminalWidth.ofOutput) { print(line) }
    }
}
