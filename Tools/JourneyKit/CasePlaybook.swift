import Foundation
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// The newest run of a playbook over an onboarding case, as people work through it.
public struct CasePlaybook: Sendable {
    private let world: JourneyWorld
    /// The id of the case.
    public let record: String
    private let agent: Credential

    /// The playbook of the case `record`, looked at, and worked on unless said otherwise, by `agent`.
    public init(_ world: JourneyWorld, of record: String, as agent: Credential) {
        (self.world, self.record, self.agent) = (world, record, agent)
    }

    // MARK: Looking

    /// How far the case has come.
    public func stages() async throws -> StagePicker {
        var request = GetStagePickerRequest()
        request.table = "onboarding_case"
        request.record = record
        return try await world.call(OnboardingAPI.getStagePicker, request, as: agent)
    }

    /// The activities of a stage; of all stages where none is named.
    public func activities(of lane: String = "") async throws -> [PlaybookActivity] {
        var request = ListPlaybookActivitiesRequest()
        request.run = try await stages().run?.id ?? ""
        request.lane = lane
        return try await world.call(OnboardingAPI.listPlaybookActivities, request, as: agent).activities
    }

    /// The activity `key`; a ``JourneyFailure`` when the playbook has none.
    public func activity(_ key: String) async throws -> PlaybookActivity {
        guard let found = try await activities().first(where: { $0.key == key }) else {
            throw JourneyFailure("the playbook has no activity \(key)")
        }
        return found
    }

    /// Waits until a run of the case has begun.
    public func awaitBeginning() async throws {
        _ = try await world.eventually("the run of the playbook") {
            do {
                return try await stages()
            } catch let problem as Problem where problem.code == .notFound {
                return nil
            }
        }
    }

    /// Waits until the stage `lane` is at work.
    public func reach(_ lane: String) async throws {
        _ = try await world.eventually("the stage \(lane)") { try await stages().current == lane ? true : nil }
    }

    /// Waits until the activities of the stage `lane` know `count` records that they have made: another service may have
    /// made one before its activity hears of it.
    public func awaitRecords(_ count: Int, of lane: String) async throws {
        _ = try await world.eventually("\(count) records of the stage \(lane)") {
            try await activities(of: lane).reduce(0) { $0 + $1.created.count } >= count ? true : nil
        }
    }

    // MARK: Doing

    /// Mark complete with what is entered, by inputs; the agent does it unless `who` says otherwise.
    @discardableResult
    public func complete(
        _ key: String, _ values: [String: String] = [:], as who: Credential? = nil
    ) async throws -> PlaybookActivity {
        let found = try await activity(key)
        do {
            return try await world.call(
                OnboardingAPI.completePlaybookActivity, Self.entering(found, values), as: who ?? agent)
        } catch let problem as Problem {
            throw JourneyFailure("\(key), which was \(found.state), is not completed: \(problem) \(problem.metadata)")
        }
    }

    /// Skips an optional activity.
    @discardableResult
    public func skip(_ key: String, as who: Credential? = nil) async throws -> PlaybookActivity {
        let request = Self.moving(try await activity(key))
        return try await world.call(OnboardingAPI.skipPlaybookActivity, request, as: who ?? agent)
    }

    /// The request that enters values into an activity, or completes it with them.
    public static func entering(
        _ activity: PlaybookActivity, _ values: [String: String] = [:], etag: String = ""
    ) -> EnterPlaybookActivityRequest {
        var request = EnterPlaybookActivityRequest()
        request.id = activity.id
        request.etag = etag
        request.values = values.sorted { $0.key < $1.key }.map { input, value in
            var entered = EnteredValue()
            entered.input = input
            entered.value = value
            return entered
        }
        return request
    }

    /// The request that moves an activity without entering anything.
    public static func moving(_ activity: PlaybookActivity) -> MovePlaybookActivityRequest {
        var request = MovePlaybookActivityRequest()
        request.id = activity.id
        return request
    }

    /// The rows of an input that takes rows, each by its columns.
    public static func rows(_ rows: [[String: String]]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(rows), as: UTF8.self)
    }
}

extension JourneyWorld {
    /// The id of the responsibility of that name and side; a ``JourneyFailure`` unless there is exactly one.
    public func responsibility(_ name: String, of side: String, as agent: Credential) async throws -> String {
        var list = ListRequest()
        list.filter = "name = \"\(name)\" AND side = \"\(side)\""
        let known = try await call(OnboardingAPI.listResponsibilityDefinitions, list, as: agent)
            .responsibilityDefinitions
        guard known.count == 1 else {
            throw JourneyFailure("there are \(known.count) responsibilities \(name) of the \(side)")
        }
        return known[0].id
    }
}
