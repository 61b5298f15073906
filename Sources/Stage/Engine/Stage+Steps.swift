import Synchronization

/// The steps of the script.
extension Stage {
    /// Shows a step, and begins its actions; those of the step before are cancelled.
    ///
    /// - Parameter place: From the step that is shown, -1 before the first.
    /// - Returns: What does them.
    @discardableResult func go(to place: (Int) -> Int) -> Task<Void, Never> {
        // Two who ask at once go two steps on, and what is shown last is what is done.
        state.withLock { state in
            state.step = max(0, min(settings.script.steps.count - 1, place(state.step)))
            let step = settings.script.steps[state.step]
            state.focus = step.lanes.compactMap { (try? lane($0))?.number }
            publishStep(state.step)
            publishFocus(state.focus)
            let task = begin(step, after: state.stepTask)
            state.stepTask = task
            return task
        }
    }

    private func begin(_ step: ScriptStep, after before: Task<Void, Never>?) -> Task<Void, Never> {
        before?.cancel()
        return Task { [weak self] in
            await before?.value
            for text in step.actions where !Task.isCancelled {
                do {
                    try await self?.act(StageAction(text))
                } catch is CancellationError {
                    return
                } catch {
                    self?.publishNotice("\(text): \(error)")
                }
            }
        }
    }

    /// Goes through all steps, each as long as it says, and until its actions are done.
    ///
    /// - Throws: `CancellationError`.
    public func play() async throws {
        for place in settings.script.steps.indices {
            let actions = go { _ in place }
            try await Task.sleep(for: .seconds(settings.script.steps[place].seconds))
            await withTaskCancellationHandler {
                await actions.value
            } onCancel: {
                actions.cancel()
            }
        }
    }
}
