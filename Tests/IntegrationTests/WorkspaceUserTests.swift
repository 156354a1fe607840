import NATS
import Synchronization
import TestKit
import Testing

/// The NATS user of the pages asks every service, hears hints of all records but of who may sign in, and can do nothing else.
@Suite(.timeLimit(.minutes(15))) struct WorkspaceUserTests {
    @Test func itAsksAndHearsHints() async throws {
        let users = try await NATSUsers.start()
        let refused = Refused()
        let workspace = try await users.connect("workspace") { event in
            if case .permissionViolation(let subject, _) = event { refused.add(subject ?? "") }
        }
        let onboarding = try await users.connect("onboarding")
        let success = try await users.connect("customer-success")
        let publishable = try await users.publishable("workspace")
        #expect(publishable.sorted() == NATSUsers.services.map { "ale.v1.\($0).*.*" }.sorted())

        let heard = Refused()
        for service in ["onboarding", "customer-success"] {
            try workspace.subscribe("ale.v1.events.*.\(service).*.*") { heard.add($0.subject) }
        }
        try workspace.subscribe("ale.v1.events.*.onboarding.user.*") { heard.add($0.subject) }
        try workspace.subscribe("ale.v1.onboarding.>") { heard.add($0.subject) }
        try workspace.subscribe("_INBOX.client.>") { heard.add($0.subject) }
        try await workspace.flush(timeout: .seconds(50))
        // Who may sign in comes first, so that it would be heard before the others.
        for table in ["user", "role_grant", "sign_in_link", "team_message", "onboarding_case"] {
            try onboarding.publish("ale.v1.events.provider.onboarding.\(table).updated", payload: [])
        }
        // Of sessions it hears that they have ended.
        let ofOnboarding = ["onboarding_case.updated", "session.ended"].map {
            "ale.v1.events.provider.onboarding.\($0)"
        }
        try onboarding.publish(ofOnboarding[1], payload: [])
        try await onboarding.flush(timeout: .seconds(50))
        let ofSuccess = ["touchpoint", "risk_signal"].map { "ale.v1.events.provider.customer-success.\($0).updated" }
        for subject in ofSuccess { try success.publish(subject, payload: []) }
        try await success.flush(timeout: .seconds(50))
        try workspace.publish("ale.v1.events.provider.onboarding.onboarding_case.updated", payload: [])
        try await workspace.flush(timeout: .seconds(50))
        try await waitUntil("the refusals") { refused.all.count >= 4 && heard.all.count >= 4 }
        #expect(Set(heard.all) == Set(ofSuccess + ofOnboarding))
        await workspace.close()
        await onboarding.close()
        await success.close()
        try await users.stop()
    }
}

/// Subjects, as threads of NATS tell them.
private final class Refused: Sendable {
    private let subjects = Mutex<[String]>([])
    var all: [String] { subjects.withLock { $0 } }
    func add(_ subject: String) { subjects.withLock { $0.append(subject) } }
}
