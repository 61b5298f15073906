import Subprocess

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the processes of a benchmark find around them: nothing that would change how they behave.
enum CleanEnvironment {
    /// Of our own variables only those that a program needs to run at all: never `PORT`, `REDIS_URL`, `BGDEMO_…`.
    static var variables: [Environment.Key: String] {
        let kept = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"]
        let own = ProcessInfo.processInfo.environment
        return Dictionary(
            uniqueKeysWithValues: kept.compactMap { name in own[name].map { (.init(stringLiteral: name), $0) } })
    }
}
