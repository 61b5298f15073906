import Subprocess

/// Python's standard library, as a second opinion on formats that it reads and we write.
public enum Python {
    /// Why there is no second opinion. Nothing is skipped for it.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// What `script` prints when it is given `input`.
    ///
    /// - Parameter limit: The most bytes it may print.
    public static func run(_ script: String, input: String, limit: Int = 64 << 20) async throws -> String {
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .name("python3"), arguments: ["-c", script], input: .string(input),
                output: .string(limit: limit), error: .string(limit: 64 << 10))
        } catch {
            throw Failure(description: "python3, which this test holds us against, can't be run: \(error); install it")
        }
        guard result.terminationStatus.isSuccess else {
            throw Failure(description: "python3 failed: \(result.standardError)")
        }
        return result.standardOutput
    }
}
