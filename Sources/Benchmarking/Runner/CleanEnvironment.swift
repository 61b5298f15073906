import Subprocess

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The environment of all measured processes.
enum CleanEnvironment {
    /// Only the variables that a program needs to run. `PORT`, `REDIS_URL`, `BGDEMO_…` would change its behaviour.
    static var variables: [Environment.Key: String] {
        let kept = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"]
        let own = ProcessInfo.processInfo.environment
        return Dictionary(
            uniqueKeysWithValues: kept.compactMap { name in own[name].map { (.init(stringLiteral: name), $0) } })
    }
}
