import BgdemoBenchmarking
import BgdemoFoundations
import BgdemoSystemCompat
import Synchronization

extension EventJournal {
    /// Tells of a process: its pid and its state.
    func publish(_ lane: Lane, _ role: ProcessRole) {
        guard let process = lane.update({ $0.processes[role] }) else { return }
        publish(.process(lane.number, role.rawValue), at: DeliveryRecorder.now) { json in
            json.name("process")
            json.object {
                $0.member("lane", lane.number)
                $0.member("role", role.rawValue)
                $0.member("pid", Int(process.pid))
                $0.member("state", process.state.rawValue)
            }
        }
    }
}

/// The events that the stage records.
extension Stage {
    func publishStage() {
        journal.publish(.stage, at: now) { json in
            json.name("stage")
            json.object { json in
                json.member("version", 1)
                json.member("seed", "\(settings.seed)")
                json.name("lanes")
                json.array { json in for lane in lanes { write(lane, into: &json) } }
                json.name("steps")
                json.array { json in
                    for step in settings.script.steps {
                        json.object {
                            $0.member("address", step.address)
                            $0.member("title", step.title)
                        }
                    }
                }
            }
        }
    }

    private func write(_ lane: Lane, into json: inout JSONWriter) {
        json.object { json in
            json.member("name", lane.plan.name)
            json.member("summary", lane.plan.summary)
            json.member("redis", lane.plan.subject.needsRedis)
            json.name("roles")
            json.array { json in for role in lane.plan.subject.roles { json.string(role.rawValue) } }
        }
    }

    func publishFocus(_ focus: [Int]) {
        journal.publish(.focus, at: now) { json in
            json.name("focus")
            json.array { json in for lane in focus { json.number(lane) } }
        }
    }

    func publishRate(_ lane: Lane) {
        let rate = lane.update(\.rate)
        confirm("rate \(Int(rate.rounded()))/s", in: lane.number)
        journal.publish(.rate(lane.number), at: now) { json in
            json.name("rate")
            json.array {
                $0.number(lane.number)
                $0.number(Int(rate.rounded()))
            }
        }
    }

    /// Confirms that so many mails are asked for.
    func publishSending(_ count: Int, _ lane: Lane) {
        confirm(count.counted("mail"), in: lane.number)
        journal.publish(.sending(lane.number), at: now) { json in
            json.name("sending")
            json.array {
                $0.number(lane.number)
                $0.number(count)
            }
        }
    }

    func publishMailServer() {
        let hand = state.withLock(\.mailServer)
        journal.publish(.mailServer, at: now) { json in
            json.name("mailServer")
            json.object {
                $0.member("state", hand.rawValue)
                $0.member("title", hand.title)
            }
        }
    }

    func publishStep(_ place: Int) {
        let step = settings.script.steps[place]
        journal.publish(.step, at: now) { json in
            json.name("step")
            json.object { json in
                json.member("place", place)
                json.member("address", step.address)
                json.member("title", step.title)
                for (name, lines) in [("better", step.better), ("still", step.still)] {
                    json.name(name)
                    json.array { json in for line in lines { json.string(line) } }
                }
            }
        }
    }

    func publishNotice(_ text: String) {
        journal.publish(nil, at: now) { $0.member("notice", printable(text, limit: 200)) }
    }

    func publishReport(_ text: String, path: String?) {
        journal.publish(nil, at: now) { json in
            json.name("report")
            json.object {
                $0.member("text", text)
                if let path { $0.member("path", path) }
            }
        }
    }

    func publishFault(_ number: Int, _ fault: ActiveFault, isOn: Bool) {
        journal.publish(.fault(number), at: now) { json in
            json.name("fault")
            json.object {
                $0.member("id", number)
                $0.member("name", fault.hand.rawValue)
                $0.member("title", fault.hand.title)
                $0.member("lane", fault.lane)
                $0.member("redis", fault.hand.isOfRedis)
                $0.member("from", journal.time(at: fault.began))
                $0.member("on", isOn)
            }
        }
    }

    // MARK: Mails

    func publishMails() {
        let all = lanes.map { lane in (lane.number, lane.update { $0.takeEvents() }) }
        guard all.contains(where: { !$0.1.isEmpty }) else { return }
        journal.publish(nil, at: now) { write(all, into: &$0) }
    }

    private func write(
        _ all: [(lane: Int, events: [(number: Int, event: LaneState.MailEvent)])], into json: inout JSONWriter
    ) {
        json.name("mails")
        json.array { json in
            for (lane, events) in all {
                for event in events {
                    json.array {
                        $0.number(lane)
                        $0.number(event.number)
                        $0.string(event.event.rawValue)
                    }
                }
            }
        }
    }

    /// What shows the present, then everything that follows: each a line of JSON.
    ///
    /// - Returns: Nil where too many watch.
    public func watch() -> AsyncStream<String>? {
        journal.watch { [self] in
            var json = JSONWriter(capacity: 4_000)
            json.object {
                $0.member("t", journal.time(at: now))
                write(lanes.map { lane in (lane.number, lane.update(\.placesOfShown)) }, into: &$0)
            }
            return json.text
        }
    }
}
