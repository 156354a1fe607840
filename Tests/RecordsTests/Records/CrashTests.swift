import RPC
import Records
import Tenancy
import TestKit
import Testing
import Wire

/// Postgres is killed under writers who repeat what failed with the same request id.
@Suite(.serialized, .timeLimit(.minutes(15))) struct CrashTests {
    @Test func everyRequestHasItsEffectOnce() async throws {
        let bench = try await Workbench.makeMortal()
        let answered = Counter()
        let writers = 6
        let each = 60
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for number in 0..<each {
                        let first = try await Self.insist(bench, "w\(writer)-\(number)")
                        // Asked once more it says the same.
                        if number.isMultiple(of: 10) {
                            let again = try await Self.insist(bench, "w\(writer)-\(number)")
                            #expect(again == first)
                        }
                        answered.add(1)
                    }
                }
            }
            group.addTask {
                for round in 1...3 {
                    try await waitUntil("progress") { answered.value >= round * writers * each / 5 }
                    try await bench.server.kill()
                    try await bench.server.restart()
                }
            }
            try await group.waitForAll()
        }
        let total = writers * each
        #expect(try await bench.count("customer_success.touchpoint") == total)
        for table in ["outbox", "journal", "request_log"] {
            #expect(try await bench.count("customer_success.\(table)") == total, "\(table)")
        }
        await bench.close()
        try await bench.server.stop()
    }

    /// Repeats a creation until it is answered; what it is told meanwhile is that the service is not available now.
    private static func insist(_ bench: Workbench, _ name: String) async throws -> TestTouchpoint {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do throws(Problem) {
                return try await bench.perform(create: .draft(name), requestID: name)
            } catch {
                guard [.unavailable, .deadlineExceeded].contains(error.code), ContinuousClock.now < deadline else {
                    throw error
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
