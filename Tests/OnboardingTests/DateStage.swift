import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// A case with dates, and what is done to them.
struct DateStage {
    let stage: PlaybookStage
    let record: OnboardingCase
    var world: World { stage.world }

    init(_ given: PlaybookStage? = nil, goLive: String? = "2026-06-30") async throws {
        stage = if let given { given } else { try await PlaybookStage() }
        record = try await stage.world.openCase { $0.goLiveDate = goLive }
    }

    /// A case that is there already.
    init(_ stage: PlaybookStage, over record: OnboardingCase) { (self.stage, self.record) = (stage, record) }

    func task(due: String?, _ edit: (inout LifecycleTask) -> Void = { _ in }) async throws -> LifecycleTask {
        try await world.createTask(record) { task in
            task.dueDate = due
            edit(&task)
        }
    }

    func task(_ id: String) async throws -> LifecycleTask {
        var request = GetRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getLifecycleTask, request, as: stage.agent)
    }

    func goLive() async throws -> String? { try await stage.case(record.id).goLiveDate }

    func set(_ task: LifecycleTask, due: String) async throws {
        var values = LifecycleTask()
        (values.id, values.dueDate) = (task.id, due)
        var request = UpdateLifecycleTaskRequest()
        request.lifecycleTask = values
        _ = try await world.call(OnboardingAPI.updateLifecycleTask, request, as: stage.agent)
    }

    func holiday(_ day: String) async throws {
        var request = CreateAccountHolidayRequest()
        request.accountHoliday = AccountHoliday()
        request.accountHoliday?.account = world.account.id
        request.accountHoliday?.day = day
        request.accountHoliday?.name = "Founding day"
        _ = try await world.call(OnboardingAPI.createAccountHoliday, request, as: stage.agent)
    }

    func asking(goLive date: String) -> PreviewGoLiveRequest {
        var request = PreviewGoLiveRequest()
        (request.id, request.goLiveDate) = (record.number ?? "", date)
        return request
    }

    func preview(goLive date: String) async throws -> DateMove {
        try await world.call(OnboardingAPI.previewGoLive, asking(goLive: date), as: stage.agent)
    }

    func preview(_ task: LifecycleTask, due date: String) async throws -> DateMove {
        var request = PreviewDueDateRequest()
        (request.id, request.dueDate) = (task.id, date)
        return try await world.call(OnboardingAPI.previewDueDate, request, as: stage.agent)
    }

    static func about(_ move: DateMove, etag: String = "") -> ActionRequest {
        var request = ActionRequest()
        (request.id, request.etag) = (move.id, etag)
        return request
    }

    @discardableResult
    func apply(_ move: DateMove) async throws -> DateMove {
        try await settled(
            world.call(OnboardingAPI.applyDateMove, Self.about(move, etag: move.etag), as: stage.agent))
    }

    @discardableResult
    func undo(_ move: DateMove) async throws -> DateMove {
        try await settled(world.call(OnboardingAPI.undoDateMove, Self.about(move), as: stage.agent))
    }

    /// The move as soon as its import tasks have been written.
    func settled(_ move: DateMove) async throws -> DateMove {
        var (move, request) = (move, GetRequest())
        request.id = move.id
        let end = ContinuousClock.now + .seconds(20)
        while move.state.hasSuffix("ing"), .now < end {
            try await Task.sleep(for: .milliseconds(20))
            move = try await world.call(OnboardingAPI.getDateMove, request, as: stage.agent)
        }
        return move
    }

    func refusal(_ method: Method<ActionRequest, DateMove>, _ move: DateMove, etag: String = "") async -> String? {
        await world.problem(method, Self.about(move, etag: etag), as: stage.agent)?.reason
    }

    /// Every task of the case with its date and state.
    func dates() async throws -> [String: String] {
        var request = ListRequest()
        (request.filter, request.pageSize) = ("parent = \"\(record.id)\"", 1_000)
        let all = try await world.call(OnboardingAPI.listLifecycleTasks, request, as: stage.agent).lifecycleTasks
        return Dictionary(uniqueKeysWithValues: all.map { ($0.id, "\($0.dueDate ?? "") \($0.state ?? "")") })
    }
}

extension DateStage {
    /// An import task of the case, as its service tells of it.
    func imported(due: String) async throws -> ImportTask {
        var task = ImportTask()
        task.id = uuid()
        task.domain = record.domain
        task.number = "ALEIMP\(UInt32.random(in: 1_000_000...9_999_999))"
        (task.parent, task.account, task.state, task.dueDate) = (record.id, world.account.id, "open", due)
        task.active = true
        task.shortDescription = "Import locations"
        stage.imports.put(task)
        try await world.server.hear(task, "created", revision: 1, from: "import-validation")
        return task
    }
}

extension DateStage {
    /// The other service tells that it has ended one.
    func end(_ task: ImportTask) async throws {
        var ended = task
        (ended.active, ended.state) = (false, "closed")
        stage.imports.put(ended)
        try await world.server.hear(ended, "closed", revision: 2, from: "import-validation")
    }

    /// The due dates of the activities of runs, by their ids; of those that are done with that word.
    func due(of runs: [PlaybookRun]) async throws -> [String: String] {
        var dues: [String: String] = [:]
        for run in runs {
            var request = ListPlaybookActivitiesRequest()
            request.run = run.id
            for activity in try await world.call(OnboardingAPI.listPlaybookActivities, request, as: stage.agent)
                .activities
            {
                dues[activity.id] = activity.state == "done" ? activity.dueDate + " done" : activity.dueDate
            }
        }
        return dues
    }
}

/// Random numbers that a seed repeats (SplitMix64): a failure says its seed.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
