#if canImport(Darwin)
    import Foundation
#endif

/// The file of this program.
package enum CurrentExecutable {
    /// Where another file has taken its place meanwhile, the new one.
    package static var path: String {
        #if canImport(Darwin)
            return Bundle.main.executablePath ?? CommandLine.arguments.first ?? "bgdemo"
        #else
            let link = "/proc/self/exe"
            guard let path = unsafe realpath(link, nil) else { return link }
            defer { unsafe free(path) }
            let file = unsafe String(cString: path)
            return unsafe access(file, X_OK) == 0 ? file : link
        #endif
    }
}
