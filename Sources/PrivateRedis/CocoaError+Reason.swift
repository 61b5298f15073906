#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension CocoaError {
    /// Why a file could not be read or written, in the system's words: those of Foundation are a dump.
    package var reason: String {
        switch code {
        case .fileNoSuchFile, .fileReadNoSuchFile: "no such file or directory"
        case .fileReadNoPermission, .fileWriteNoPermission: "permission denied"
        case .fileWriteFileExists: "a file of that name exists"
        case .fileWriteOutOfSpace: "no space left on device"
        case .fileWriteVolumeReadOnly: "read-only file system"
        default: "the file system refuses it"
        }
    }
}

extension Error {
    /// The error as text; of Foundation's errors about files, the ``CocoaError/reason`` alone.
    package var fileReason: String { (self as? CocoaError)?.reason ?? "\(self)" }
}
