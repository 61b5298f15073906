package import Subprocess

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The environment of processes that this program starts beside itself: a private Redis, measured programs, shells.
package enum CleanEnvironment {
    /// Only what a program needs to run. `SMTP_PASSWORD` and `BGDEMO_TOKEN` are none of its business, and `PORT`,
    /// `REDIS_URL` and `BGDEMO_…` would change what is measured.
    package static var variables: [Environment.Key: String] {
        let kept = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"]
        let own = ProcessInfo.processInfo.environment
        return Dictionary(
            uniqueKeysWithValues: kept.compactMap { name in own[name].map { (.init(stringLiteral: name), $0) } })
    }

    /// The variables in the form in which Subprocess takes them.
    package static var environment: Environment { .custom(variables) }
}
