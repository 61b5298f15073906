import BgdemoPrivateRedis
import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `--svg DIR` and `--png DIR`.
extension Slides {
    /// Writes `DIR/NAME.svg` for each picture. Creates the directory if needed.
    ///
    /// - Returns: The paths of the files.
    /// - Throws: ``SlideError``
    public static func write(_ comparison: Comparison, to directory: String) throws(SlideError) -> [String] {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            return try all(of: comparison).map { slide in
                let path = "\(directory)/\(slide.name).svg"
                try Data(slide.svg.utf8).write(to: URL(filePath: path))
                return path
            }
        } catch {
            throw SlideError("can't write pictures to \(directory): \(error.fileReason)")
        }
    }

    /// Writes `DIR/NAME.png` for each picture, 1280 by 720, with the first installed ``SVGRasterizer``.
    ///
    /// - Returns: The paths of the files.
    /// - Throws: ``SlideError`` and `CancellationError`.
    public static func writePNG(_ comparison: Comparison, to directory: String) async throws -> [String] {
        guard let rasterizer = await SVGRasterizer.found else { throw SlideError(SVGRasterizer.missing) }
        return try await write(comparison, to: directory, by: rasterizer)
    }

    static func write(_ comparison: Comparison, to directory: String, by rasterizer: SVGRasterizer) async throws
        -> [String]
    {
        let place = FileManager.default.temporaryDirectory.appending(path: "bgdemo-slides-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw SlideError("can't write pictures to \(directory): \(error.fileReason)")
        }
        var paths: [String] = []
        for source in try write(comparison, to: place.path) {
            let name = (FilePath(source).stem ?? "slide") + ".png"
            let path = FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(directory)).appending(name)
            try await rasterizer.paint(source, to: path.string)
            guard FileManager.default.fileExists(atPath: path.string) else {
                throw SlideError("can't write \(path.string): the program that draws pictures has made none")
            }
            paths.append("\(directory)/\(name)")
        }
        return paths
    }
}

/// Why a picture could not be written, and what to do.
public struct SlideError: Error, CustomStringConvertible, Hashable {
    public let description: String

    init(_ description: String) { self.description = description }
}
