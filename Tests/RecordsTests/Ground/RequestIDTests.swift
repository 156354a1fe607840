import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// The same request id, the same answer, one effect (AIP-155).
@Suite struct RequestIDTests {
    @Test func theSameAnswerAlsoAfterARestart() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let first = try await bench.perform(create: .draft("once"), requestID: "r-1")
        bench.clock.advance(seconds: 3_600)
        #expect(try await bench.perform(create: .draft("once"), requestID: "r-1") == first)
        await bench.close()
        let restarted = try bench.restarted()
        #expect(try await restarted.perform(create: .draft("once"), requestID: "r-1") == first)
        // The answer stays what it was, though the record went on.
        try await restarted.change(first.id) { $0.subject = "later" }
        #expect(try await restarted.perform(create: .draft("once"), requestID: "r-1") == first)
        #expect(try await restarted.count("customer_success.touchpoint") == 1)
        #expect(try await restarted.count("customer_success.outbox WHERE subject LIKE '%.created'") == 1)
        await restarted.close()
    }

    @Test func anotherBodyOrMethodIsRefused() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        _ = try await bench.perform(create: .draft("once"), requestID: "r-1")
        let other = try await problem { _ = try await bench.perform(create: .draft("twice"), requestID: "r-1") }
        #expect(other.code == .invalidArgument && other.violations.first?.field == "request_id")
        var request = CreateTouchpointRequest()
        request.touchpoint = TestTouchpoint.draft("once").wrapped
        request.requestID = "r-1"
        let asked = request
        let method = try await problem {
            _ = try await bench.database.perform(
                Call(caller: .person(), deadline: .patient), "CloseTouchpoint", asked, requestID: "r-1"
            ) { _, _ in TestTouchpoint() }
        }
        #expect(method.violations.first?.field == "request_id")
        #expect(try await bench.count("customer_success.touchpoint") == 1)
        await bench.close()
    }

    @Test func idsBelongToTheirCaller() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let alices = try await bench.perform(create: .draft("alice"), requestID: "r-1")
        let bobs = try await bench.perform(
            create: .draft("bob"), requestID: "r-1", caller: .person(subject: "bob"))
        #expect(alices.id != bobs.id)
        await bench.close()
    }

    @Test func aFailureIsNotRemembered() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let taken = try await bench.perform(create: .draft("taken"))
        _ = try await problem { _ = try await bench.perform(create: .draft("taken"), requestID: "r-1") }
        try await bench.change(taken.id) { $0.subject = "free now" }
        #expect(try await bench.perform(create: .draft("taken"), requestID: "r-1").subject == "taken")
        await bench.close()
    }

    @Test func tooLongAnID() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let long = String(repeating: "x", count: 65)
        let refused = try await problem { _ = try await bench.perform(create: .draft("x"), requestID: long) }
        #expect(refused.violations.first?.field == "request_id")
        await bench.close()
    }

    /// A client that repeats while the first is still at work gets the first one's answer: not a second record, and
    /// not a refusal for what the first has just done (here: the subject is taken).
    @Test func concurrentRepetitions() async throws {
        let bench = try await Workbench.make(poolSize: 8)
        for round in 0..<20 {
            let answers = try await withThrowingTaskGroup(of: TestTouchpoint.self) { group in
                for _ in 0..<6 {
                    group.addTask { try await bench.perform(create: .draft("round \(round)"), requestID: "r-\(round)") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.id)).count == 1)
        }
        #expect(try await bench.count("customer_success.touchpoint") == 20)
        #expect(try await bench.count("customer_success.outbox") == 20)
        await bench.close()
    }

    /// The same with a verb that refuses what is done already.
    @Test func concurrentClosing() async throws {
        let bench = try await Workbench.make(poolSize: 8)
        for round in 0..<10 {
            let made = try await bench.create("closing \(round)")
            try await bench.change(made.id) { $0.state = "in_progress" }
            var request = CloseRequest()
            request.id = made.id
            request.etag = "2"
            request.closeNotes = "Done."
            let asked = request
            let store = bench.store
            let closed = try await withThrowingTaskGroup(of: TestTouchpoint.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await bench.database.perform(
                            Call(caller: .person(), deadline: .patient), "CloseTouchpoint", asked,
                            requestID: "close-\(round)"
                        ) { tx, context in try store.close(asked, context, in: tx) }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(closed.map(\.etag)) == ["3"])
        }
        await bench.close()
    }
}
