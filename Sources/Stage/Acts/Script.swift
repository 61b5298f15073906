import BgdemoFoundations

/// The steps of a talk.
public struct Script: Sendable, Hashable {
    /// Where all chance comes from. Default: that of the command line.
    public var seed: UInt64?
    public var steps: [ScriptStep]

    static let maxSteps = 500

    /// - Throws: ``StageError`` that says which step is wrong: it has no lane of these, a wrong action, or the address of
    ///   another.
    public func check(_ lanes: [String]) throws(StageError) {
        guard !steps.isEmpty, steps.count <= Self.maxSteps else {
            throw StageError("a script has 1 to \(Self.maxSteps) steps")
        }
        var addresses: [ByteString: Int] = [:]
        for (place, step) in steps.enumerated() {
            let name = "step \(place + 1) (\(printable(step.address, limit: 100)))"
            do throws(StageError) { try step.check(lanes) } catch { throw StageError("\(name): \(error)") }
            if let other = addresses.updateValue(place, forKey: ByteString(step.address)) {
                throw StageError("\(name): step \(other + 1) has this address, too")
            }
        }
    }
}
