import CustomerSuccessWire
import Identity
import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// What tests of triggers do again and again.
extension Stage {
    /// The play that triggers of tests launch: it makes one touchpoint.
    static let launched = "Setup Next Quarterly Business Review"
    /// When tests begin.
    static let morning = Timestamp(seconds: 1_799_884_800)

    /// A user of the provider with these roles, whom triggers may act as.
    func actor(_ roles: String..., domain: String = "/provider/") -> String {
        let subject = foundation.user()
        people[subject] = KnownPerson(
            domain: DomainPath(domain) ?? .root, roles: roles.isEmpty ? [successAgent] : roles)
        return subject
    }

    /// A trigger over engagements that is not active yet.
    func trigger(
        _ condition: String, on start: String = PlayTrigger.StartsOn.entering, as subject: String,
        subject title: String = "Review", table: String = "engagement", _ body: (inout PlayTrigger) -> Void = { _ in }
    ) async throws -> PlayTrigger {
        var trigger = PlayTrigger()
        (trigger.title, trigger.sourceTable, trigger.condition) = ("When \(condition)", table, condition)
        (trigger.startsOn, trigger.actsAs) = (start, subject)
        trigger.definitionRecord = try await entry(Self.launched).id
        trigger.answers = #"{"meeting_date": "2027-03-31", "subject": "\#(title)"}"#
        body(&trigger)
        return trigger
    }

    func create(_ trigger: PlayTrigger, as caller: Caller? = nil) async throws(Problem) -> PlayTrigger {
        var request = CreatePlayTriggerRequest()
        request.playTrigger = trigger
        return try await call(PlayLauncherAPI.createPlayTrigger, request, as: caller ?? .holding(playAdministrator))
    }

    func activate(_ id: String, as caller: Caller? = nil) async throws(Problem) -> PlayTrigger {
        var request = ActionRequest()
        request.id = id
        return try await call(PlayLauncherAPI.activatePlayTrigger, request, as: caller ?? .holding(playAdministrator))
    }

    func deactivate(_ id: String) async throws(Problem) -> PlayTrigger {
        var request = ActionRequest()
        request.id = id
        return try await call(PlayLauncherAPI.deactivatePlayTrigger, request, as: .holding(playAdministrator))
    }

    /// A trigger that is active.
    func active(
        _ condition: String, on start: String = PlayTrigger.StartsOn.entering, as subject: String? = nil,
        subject title: String = "Review", _ body: (inout PlayTrigger) -> Void = { _ in }
    ) async throws -> PlayTrigger {
        let made = try await create(
            try await trigger(condition, on: start, as: subject ?? actor(), subject: title, body))
        return try await activate(made.id)
    }

    /// What a trigger has done, the oldest first.
    func firings(of trigger: String) async throws -> [PlayFiring] {
        var request = ListRequest()
        (request.filter, request.pageSize) = ("play_trigger = \"\(trigger)\"", 1_000)
        let found = try await call(PlayLauncherAPI.listPlayFirings, request, as: .holding(playAdministrator))
        return found.playFirings.sorted {
            ($0.occurredAt ?? Timestamp(), $0.id) < ($1.occurredAt ?? Timestamp(), $1.id)
        }
    }

    /// The same when so many have come to an end; at most a minute from now.
    func ended(_ count: Int, of trigger: String) async throws -> [PlayFiring] {
        let limit = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < limit {
            let found = try await firings(of: trigger)
            if found.count >= count, found.allSatisfy({ $0.state != PlayFiring.State.waiting }) { return found }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Problem.deadlineExceeded(cause: "trigger \(trigger) has not fired \(count) times")
    }

    func backTest(_ request: BackTestPlayTriggerRequest, as caller: Caller? = nil) async throws(Problem)
        -> BackTestPlayTriggerResponse
    {
        try await call(PlayLauncherAPI.backTestPlayTrigger, request, as: caller ?? .holding(playAdministrator))
    }
}

extension Timestamp {
    /// Seconds later.
    func later(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds + seconds * 1_000_000) }
}
