import BgdemoTestSupport
import EventrTesting
import Eventr
import Foundation
import InMemoryTracing
import QueueBus
import QueueBusTesting
import Resque
import ResqueTesting
import Testing
import Tracing

/// Traces through jobs, events and the bus, as a tracer of the application sees them.
struct TraceTests {
    struct Refused: Error {}

    private func only(_ spans: [FinishedInMemorySpan], _ name: String) throws -> FinishedInMemorySpan {
        let found = spans.filter { $0.operationName == name }
        return try #require(found.count == 1 ? found.first : nil, "\(name) in \(spans.map(\.operationName))")
    }

    @Test("Enqueue and perform are a producer and its consumer, whose context the job runs in")
    func job() async throws {
        let tracer = InMemoryTracer()
        var jobs = Jobs()
        jobs.register("greet") { (job, name: String) in
            tracer.withSpan("inside") { _ in }
        }
        let resque = TestResque(jobs: jobs, tracer: tracer)
        _ = try await tracer.withSpan("request") { _ in
            try await resque.queue.enqueue("greet", "you", to: "greetings")
        }
        let payload = try #require(try await resque.queue.peek("greetings").first)
        let members = try #require(JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any])
        await resque.drain()
        let spans = tracer.finishedSpans
        let (request, send) = (try only(spans, "request"), try only(spans, "send greetings"))
        let (process, inside) = (try only(spans, "process greetings"), try only(spans, "inside"))
        #expect(Set(members.keys) == ["class", "queue", "args", InMemoryTracer.traceIDKey, InMemoryTracer.spanIDKey])
        #expect(members[InMemoryTracer.spanIDKey] as? String == send.spanID)
        #expect(
            [send.parentSpanID, process.parentSpanID, inside.parentSpanID]
                == [request.spanID, send.spanID, process.spanID])
        #expect(send.kind == .producer && process.kind == .consumer)
        for (span, operation) in [(send, "send"), (process, "process")] {
            #expect(span.attributes.get("messaging.system") == "resque")
            #expect(span.attributes.get("messaging.destination.name") == "greetings")
            #expect(span.attributes.get("messaging.operation.name") == .string(operation))
            #expect(span.attributes.get("messaging.operation.type") == .string(operation))
            #expect(span.attributes.get("messaging.resque.job_class") == "greet")
        }
    }

    @Test("Without a tracer a job has the bytes it had")
    func untraced() async throws {
        let resque = TestResque()
        try await resque.queue.enqueue("greet", "you", to: "greetings")
        let bytes = try await resque.queue.peek("greetings").first
        #expect(bytes == Array(#"{"class":"greet","queue":"greetings","args":["you"]}"#.utf8))
    }

    @Test("A trace outlives a delay, a retry and failed; each attempt is linked with the one before it")
    func retries() async throws {
        let tracer = InMemoryTracer()
        var jobs = Jobs()
        jobs.register("Greet", plugins: [Retry(attempts: 2, base: .seconds(60))]) { job in throw Refused() }
        let resque = TestResque(jobs: jobs, tracer: tracer)
        try await resque.queue.enqueueIn(.seconds(30), Job("Greet", queue: "greetings"))
        for seconds in [32, 62] {
            try await resque.advance(by: .seconds(seconds))
            await resque.drain()
        }
        let failed = try #require(try await resque.queue.failed().first)
        #expect(try await resque.queue.retry(failed))
        await resque.drain()
        let spans = tracer.finishedSpans
        let create = try only(spans, "create greetings")
        let attempts = spans.filter { $0.operationName == "process greetings" }
        #expect(attempts.count == 3)
        #expect(attempts.allSatisfy { $0.parentSpanID == create.spanID && $0.status?.code == .error })
        #expect(attempts.allSatisfy { $0.attributes.get("error.type") == "Refused" })
        #expect(attempts[0].links.isEmpty)
        #expect(attempts[1].links.map(\.context.inMemorySpanContext?.spanID) == [attempts[0].spanID])
    }

    @Test("Jobs of one round trip have a span each, and so have follow-ups")
    func several() async throws {
        let tracer = InMemoryTracer()
        var jobs = Jobs()
        jobs.register("order") { job in FollowUps([Job("invoice", queue: "invoices")]) }
        jobs.register("invoice") { job in }
        let resque = TestResque(jobs: jobs, tracer: tracer)
        try await resque.queue.enqueue([Job("order", queue: "one"), Job("invoice", queue: "two")])
        await resque.drain(["one", "two", "invoices"])
        let spans = tracer.finishedSpans
        let created = try only(spans, "create invoices")
        #expect(created.parentSpanID == (try only(spans, "process one").spanID))
        #expect(try only(spans, "process invoices").parentSpanID == created.spanID)
        #expect(try only(spans, "process two").parentSpanID == (try only(spans, "create two").spanID))
    }

    @Test("A trace goes on in an event, to each handler and its retry")
    func event() async throws {
        let tracer = InMemoryTracer()
        let test = TestEventLog(tracer: tracer)
        try await test.producer.write(json: #"{"eventName":"user_created"}"#)
        try await test.producer.write(json: #"{"eventName":"user_created"}"#, id: "7")
        var options = ConsumerOptions()
        options.retryDelay = .seconds(200)
        options.attempts = 2
        await test.drain("mailer", [EventHandler("welcome") { event in throw Refused() }], options: options)
        let spans = tracer.finishedSpans
        let sent = spans.filter { $0.operationName == "send eventr" }
        let handled = spans.filter { $0.operationName == "process eventr" }
        #expect(sent.count == 2 && sent.allSatisfy { $0.kind == .producer })
        #expect(handled.map(\.parentSpanID) == sent.map(\.spanID))
        #expect(handled.first?.attributes.get("messaging.consumer.group.name") == "mailer")
        #expect(handled.allSatisfy { $0.attributes.get("error.type") == "Refused" })
    }

    @Test("A trace goes on over the bus, in the job and in the event's attributes")
    func bus() async throws {
        let tracer = InMemoryTracer()
        let inside = Watched<[String?]>([])
        let test = try await TestBus(tracer: tracer) { bus in
            bus.ride(try Application("mailer"), "send", on: Matcher(eventType: "user_created")) { event in
                tracer.withSpan("inside") { _ in inside.change { $0.append(event[InMemoryTracer.spanIDKey]) } }
            }
        }
        let event = try await test.publisher.publish("user_created")
        await test.drive()
        await test.ride()
        let spans = tracer.finishedSpans
        let names = [
            "send user_created", "send bus_incoming", "process bus_incoming", "create mailer_default",
            "process mailer_default", "inside",
        ]
        let chain = try names.map { try only(spans, $0) }
        #expect(chain.dropFirst().map(\.parentSpanID) == chain.dropLast().map(\.spanID))
        #expect(event[InMemoryTracer.spanIDKey] == chain[0].spanID)
        #expect(inside.value == [chain[0].spanID])
    }

    @Test("A rider goes on with the trace of a publisher that wrote it into the attributes alone")
    func attributes() async throws {
        let tracer = InMemoryTracer()
        let test = try await TestBus(tracer: tracer) { _ in }
        let json =
            #"["{\"bus_class_proxy\":\"QueueBus::Driver\",\"in-memory-trace-id\":\"t\",\"in-memory-span-id\":\"s\"}"]"#
        let queue = Queue(redis: test.resque.redis)
        try await queue.enqueue(
            Job("QueueBus::Worker", JobArguments(json: json), queue: Publisher.incoming))
        await test.drive()
        #expect(try only(tracer.finishedSpans, "process bus_incoming").parentSpanID == "s")
    }
}
