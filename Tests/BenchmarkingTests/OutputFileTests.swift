import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Testing

@testable import BgdemoBenchmarking

@Suite struct OutputFileTests {
    @Test("A file is written or replaced, and what a link leads to in its place")
    func files() async throws {
        try await withTemporaryFolder { folder in
            let (file, link) = ("\(folder.path)/result.json", "\(folder.path)/link.json")
            try OutputFile.write("one", to: file)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "result.json")
            try OutputFile.check(link)
            try OutputFile.write("two", to: link)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "two")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "result.json")
        }
    }

    @Test("A pipe gets the text, and stays a pipe")
    func pipe() async throws {
        let (reader, writer) = try FileDescriptor.pipe()
        let path = "/dev/fd/\(writer.rawValue)"
        try OutputFile.check(path)
        try OutputFile.write("text", to: path)
        try writer.close()
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe reader.read(into: $0) }
        #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "text")
        try reader.close()
    }

    @Test("What can't be written is said before, and why")
    func refused() async throws {
        try await withTemporaryFolder { folder in
            let file = "\(folder.path)/file"
            try OutputFile.write("", to: file)
            for path in [folder.path, "\(folder.path)/none/x.json", "\(file)/x.json"] {
                #expect(throws: OutputFile.WriteError.self) { try OutputFile.check(path) }
                #expect(throws: OutputFile.WriteError.self) { try OutputFile.write("x", to: path) }
            }
            for path in [file, "\(file)/x"] {
                #expect(throws: OutputFile.WriteError.self) { try OutputFile.check(folder: path) }
            }
            for path in [folder.path, "\(folder.path)/a/b/c", "a/b"] { try OutputFile.check(folder: path) }
        }
    }
}
