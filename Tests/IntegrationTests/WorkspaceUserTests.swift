import NATS
import Synchronization
import TestKit
import Testing

/// The NATS user of the pages asks every service, hears hints of five kinds, and can do nothing else.
@Suite(.timeLimit(.minutes(1))) struct WorkspaceUserTests {
    @Test func itAsksAndHearsHints() async throws {
        let users = try await NATSUsers.start()
        let refused = Refused()
        let workspace = try await users.connect("workspace") { event in
            if case .permissionViolation(let subject, _) = event { refused.add(subject ?? "") }
        }
        let onboarding = try await users.connect("onboarding")
        let publishable = try await users.publishable("workspace")
        #expect(publishable.sorted() == NATSUsers.services.map { "ale.v1.\($0).*.*" }.sorted())

        let heard = Refused()
        try workspace.subscribe("ale.v1.events.*.onboarding.onboarding_case.*") { heard.add($0.subject) }
        try workspace.subscribe("ale.v1.events.*.onboarding.user.*") { heard.add($0.subject) }
        try workspace.subscribe("ale.v1.onboarding.>") { heard.add($0.subject) }
        try workspace.subscribe("_INBOX.client.>") { heard.add($0.subject) }
        try await workspace.flush(timeout: .seconds(5))
        try onboarding.publish("ale.v1.events.provider.onboarding.onboarding_case.updated", payload: [])
        try await onboarding.flush(timeout: .seconds(5))
        try workspace.publish("ale.v1.events.provider.onboarding.onboarding_case.updated", payload: [])
        try await workspace.flush(timeout: .seconds(5))
        try await waitUntil("the refusals") { refused.all.count >= 4 && !heard.all.isEmpty }
        #expect(heard.all == ["ale.v1.events.provider.onboarding.onboarding_case.updated"])
        await workspace.close()
        await onboarding.close()
        try await users.stop()
    }
}

/// Subjects, as threads of NATS tell them.
private final class Refused: Sendable {
    private let subjects = Mutex<[String]>([])
    var all: [String] { subjects.withLock { $0 } }
    func add(_ subject: String) { subjects.withLock { $0.append(subject) } }
}
