import Testing

@testable import BgdemoSMTPInbox

/// Every transition of the inbox's connection, without a socket.
@Suite("The state of a client's connection")
struct InboxConnectionStateMachineTests {
    private typealias Machine = InboxConnectionStateMachine

    /// A connection in each state.
    private func machine(_ state: Machine.State) -> Machine {
        var machine = Machine()
        switch state {
        case .serving: break
        case .holding(let closesAfterwards):
            machine.hold()
            if closesAfterwards { _ = machine.inboxCloses() }
        case .silent: machine.fallSilent()
        case .lingering: _ = machine.closeOutput()
        case .closed: machine.close()
        }
        #expect(machine.state == state)
        return machine
    }

    /// `#expect` calls no mutating method.
    private func expect<Value: Equatable>(
        _ value: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(value == expected, sourceLocation: sourceLocation)
    }

    private static let states: [Machine.State] = [
        .serving, .holding(closesAfterwards: false), .holding(closesAfterwards: true), .silent, .lingering, .closed,
    ]

    @Test("A delayed reply holds the input back until it is sent")
    func holding() {
        for (closesAfterwards, action) in [(false, Machine.Action.serve), (true, .sayGoodbye)] {
            var machine = machine(.holding(closesAfterwards: closesAfterwards))
            #expect(!machine.isServing)
            machine.hold()
            #expect(machine.state == .holding(closesAfterwards: closesAfterwards))
            expect(machine.release(), action)
            #expect(machine.isServing)
        }
        for state in [Machine.State.serving, .silent, .lingering, .closed] {
            var machine = machine(state)
            expect(machine.release(), .nothing)
            #expect(machine.state == state)
        }
    }

    @Test("The client closes its half: what it has sent is answered first")
    func clientEnds() {
        let actions: [Machine.Action] = [.serve, .nothing, .nothing, .close, .close, .close]
        for (state, action) in zip(Self.states, actions) {
            var machine = machine(state)
            expect(machine.clientEnded(), action)
            #expect(machine.clientHasEnded)
        }
        var machine = machine(.serving)
        expect(machine.didAnswerAll(), .nothing)
        _ = machine.clientEnded()
        expect(machine.didAnswerAll(), .closeOutput)
        machine.hold()
        expect(machine.didAnswerAll(), .nothing)
    }

    @Test("The inbox stops: a delayed reply comes first")
    func inboxCloses() {
        let actions: [Machine.Action] = [.sayGoodbye, .nothing, .nothing, .sayGoodbye, .nothing, .nothing]
        for (state, action) in zip(Self.states, actions) {
            var machine = machine(state)
            expect(machine.inboxCloses(), action)
        }
    }

    @Test("The time limit passes")
    func time() {
        let actions: [Machine.Action] = [.closeOutput, .waitLonger, .waitLonger, .close, .close, .close]
        for (state, action) in zip(Self.states, actions) {
            var machine = machine(state)
            expect(machine.timeIsUp(isWritable: true), action)
        }
        var machine = machine(.serving)
        expect(machine.timeIsUp(isWritable: false), .close)
    }

    @Test("Our half is closed once, and nothing is written after it")
    func ends() {
        for state in Self.states {
            var machine = machine(state)
            let hadEnded = machine.hasEnded
            expect(machine.closeOutput(), !hadEnded)
            #expect(machine.hasEnded)
            expect(machine.closeOutput(), false)
        }
    }
}
