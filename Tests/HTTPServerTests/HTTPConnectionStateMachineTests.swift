import Testing

@testable import BgdemoHTTPServer

@Suite struct HTTPConnectionStateMachineTests {
    private typealias Machine = HTTPConnectionStateMachine

    private func machine(_ events: (inout Machine) -> Void...) -> Machine {
        var machine = Machine()
        for event in events { event(&machine) }
        return machine
    }

    @Test("A connection serves until the last request, writes its response, closes its half and waits for the client")
    func requestThatCloses() {
        var machine = Machine()
        #expect(machine.settled(isAnswered: true) == .read)
        machine.readRequest(keepsAlive: true)
        #expect(machine.readsRequests && !machine.closesAfterLastResponse)
        machine.readRequest(keepsAlive: false)
        #expect(machine.state == .finishing(.connected) && machine.closesAfterLastResponse)
        #expect(machine.settled(isAnswered: false) == .read)
        #expect(machine.settled(isAnswered: true) == .closeOutput)
        #expect(machine.state == .lingering)
        #expect(machine.settled(isAnswered: true) == .none)
        #expect(machine.inputClosed(isAnswered: true) == .close)
        #expect(machine.state == .closed)
    }

    @Test("Without room requests wait in the decoder, and reading pauses until there is room")
    func stall() {
        var machine = machine({ $0.stall() })
        #expect(machine.isStalled && machine.readsRequests)
        #expect(machine.settled(isAnswered: false) == .pauseReading)
        machine.needBytes(isAnswered: false)
        #expect(!machine.isStalled)
        #expect(machine.settled(isAnswered: false) == .read)
    }

    @Test("A client that closed its half gets what it waits for, and is then looked at once more")
    func halfClosed() {
        var machine = Machine()
        #expect(machine.inputClosed(isAnswered: false) == .readRequests)
        #expect(machine.isStalled)
        machine.readRequest(keepsAlive: true)
        machine.needBytes(isAnswered: false)
        #expect(machine.state == .finishing(.perhapsGone))
        #expect(machine.settled(isAnswered: true) == .probe)
        #expect(machine.deadlinePassed(isWriteLate: false, isBetweenRequests: true) == .close)
        #expect(machine.disconnected(awaited: 0) == 0)
    }

    @Test("A client that closed its half and has everything is closed at once")
    func halfClosedAtRest() {
        var machine = Machine()
        #expect(machine.inputClosed(isAnswered: true) == .readRequests)
        machine.needBytes(isAnswered: true)
        #expect(machine.settled(isAnswered: true) == .close)
        #expect(machine.state == .closed)
    }

    @Test("A client that closes its half while the last response is awaited may be gone")
    func halfClosedWhileFinishing() {
        for (isAnswered, action) in [(false, Machine.SettledAction.probe), (true, .close)] {
            var machine = machine({ $0.readRequest(keepsAlive: false) })
            #expect(machine.inputClosed(isAnswered: isAnswered) == .continueWriting)
            #expect(machine.settled(isAnswered: true) == action)
        }
    }

    @Test("Responses without a client are counted; a reset after the last one is one more")
    func abandoned() {
        #expect(machine({ $0.readRequest(keepsAlive: true) }).disconnectedCount(3) == 3)
        var gone = machine({ _ = $0.inputClosed(isAnswered: false) }, { $0.needBytes(isAnswered: false) })
        #expect(gone.settled(isAnswered: true) == .probe)
        #expect(gone.disconnected(awaited: 0) == 1)
        #expect(gone.state == .closed)
    }

    @Test("What breaks the protocol gets one response, and nothing is read after it")
    func reject() {
        var machine = machine({ $0.reject() })
        #expect(!machine.readsRequests)
        machine.readRequest(keepsAlive: true)
        machine.stall()
        machine.needBytes(isAnswered: true)
        #expect(machine.state == .finishing(.connected))
    }

    @Test("A connection at rest closes when the server drains; one that has just come may send one request")
    func drainAtRest() {
        func drain(_ machine: inout Machine, isNew: Bool) -> Machine.DrainAction {
            machine.drain(isAnswered: true, isAwaiting: false, isBetweenRequests: true, isNew: isNew)
        }
        var used = Machine()
        #expect(drain(&used, isNew: false) == .close)
        #expect(used.state == .closed)
        var new = Machine()
        #expect(drain(&new, isNew: true) == .awaitFirstRequest)
        #expect(new.state == .serving(.open, isDraining: true))
        new.readRequest(keepsAlive: true)
        #expect(new.state == .finishing(.connected))
    }

    @Test("What is in hand or half read when the server drains is answered, and nothing after it")
    func drainAtWork() {
        var inHand = Machine()
        #expect(
            inHand.drain(isAnswered: false, isAwaiting: true, isBetweenRequests: true, isNew: false) == .none)
        #expect(inHand.state == .finishing(.connected))
        var halfRead = Machine()
        #expect(
            halfRead.drain(isAnswered: true, isAwaiting: false, isBetweenRequests: false, isNew: true) == .none)
        #expect(halfRead.readsRequests)
        halfRead.readRequest(keepsAlive: true)
        #expect(!halfRead.readsRequests)
        var unread = Machine()
        #expect(
            unread.drain(isAnswered: false, isAwaiting: false, isBetweenRequests: true, isNew: false) == .none)
        #expect(unread.settled(isAnswered: true) == .closeOutput)
        #expect(unread.drain(isAnswered: true, isAwaiting: false, isBetweenRequests: true, isNew: false) == .none)
    }

    @Test("Past a time limit a half request is answered, and all else is closed")
    func deadlines() {
        var machine = Machine()
        #expect(machine.deadlinePassed(isWriteLate: false, isBetweenRequests: false) == .rejectRequest)
        #expect(machine.deadlinePassed(isWriteLate: true, isBetweenRequests: false) == .close)
        #expect(machine.deadlinePassed(isWriteLate: false, isBetweenRequests: true) == .close)
        #expect(machine.readsRequests)
    }
}

extension HTTPConnectionStateMachine {
    fileprivate func disconnectedCount(_ awaited: Int) -> Int {
        var machine = self
        return machine.disconnected(awaited: awaited)
    }
}
