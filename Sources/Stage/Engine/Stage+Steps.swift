import Synchronization

/// The steps of the script.
extension Stage {
    /// Shows a step, and begins its actions.
    ///
    /// - Returns: What does them.
    @discardableResult func go(to place: Int) -> Task<Void, Never> {
        let steps = settings.script.steps
        let place = max(0, min(steps.count - 1, place))
        let before = state.withLock { state in
            state.step = place
            return state.stepTask.take()
        }
        before?.cancel()
        let step = steps[place]
        publishStep(place)
        let task = Task { [weak self] in
            await before?.value
            try? await self?.act(.focus(step.lanes))
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
        state.withLock { $0.stepTask = task }
        return task
    }

    /// Goes through all steps, each as long as it says, and until its actions are done.
    ///
    /// - Throws: `CancellationError`.
    public func play() async throws {
        for place in settings.script.steps.indices {
            let actions = go(to: place)
            try await Task.sleep(for: .seconds(settings.script.steps[place].seconds))
            await withTaskCancellationHandler {
                await actions.value
            } onCancel: {
                actions.cancel()
            }
        }
    }
}
