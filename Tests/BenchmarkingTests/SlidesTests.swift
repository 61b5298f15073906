import Foundation
import BgdemoTestSupport
import Testing

@testable import BgdemoBenchmarking

@Suite struct SlidesTests {
    private static var comparison: Comparison {
        var comparison = SampleComparison.comparison(talk: ["pubsub"])
        comparison.fates = SampleComparison.fates()
        return comparison
    }

    @Test("Each slide is a complete SVG of 1280 by 720") func isComplete() async throws {
        let slides = Slides.all(of: Self.comparison)
        #expect(slides.map(\.name) == BrowserTests.HTMLReportTests.plots + ["fates"])
        // An independent XML parser reads each picture and finds a style for each of its classes.
        let script = """
            import sys, re, xml.etree.ElementTree as tree
            for text in sys.stdin.read().split('\\f'):
                root = tree.fromstring(text.encode())
                style = root.find('{http://www.w3.org/2000/svg}style').text
                used = {name for e in root.iter() for name in e.get('class', '').split()}
                print(root.get('width'), root.get('height'), sorted(n for n in used if '.' + n + ' ' not in style))
            """
        let seen = try await Python.run(script, input: slides.map(\.svg).joined(separator: "\u{c}"))
        #expect(seen.split(separator: "\n").map(String.init) == slides.map { _ in "1280 720 []" })
    }

    @Test("SVG and PNG files are written into the given folder") func files() async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "bgdemo-slides-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        let paths = try Slides.write(Self.comparison, to: place.path)
        #expect(paths.contains("\(place.path)/response.svg"))
        // With each installed rasterizer, not only the first.
        for rasterizer in SVGRasterizer.all where await rasterizer.isInstalled {
            let images = try await Slides.write(SampleComparison.comparison(["local"]), to: place.path, by: rasterizer)
            #expect(images.count == 9)
            for image in images {
                let bytes = try Data(contentsOf: URL(filePath: image))
                #expect(Array(bytes.prefix(4)) == [0x89, 0x50, 0x4e, 0x47])
                // The first chunk has width and height.
                #expect(Array(bytes[16..<24]) == [0, 0, 5, 0, 0, 0, 2, 208])
                try FileManager.default.removeItem(atPath: image)
            }
        }
        #expect(await SVGRasterizer.found != nil)
    }

    @Test("An error names a folder that cannot be written to") func unwritableFolder() {
        let error = #expect(throws: SlideError.self) { try Slides.write(Self.comparison, to: "/dev/null/slides") }
        #expect(error?.description.contains("can't write pictures to /dev/null/slides") == true)
        #expect(error?.description.contains("Domain") == false)
    }
}
