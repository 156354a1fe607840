import Foundation
import ImportValidationWire
import RPC
import Records
import Sandbox
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Every reason that the service gives is provoked here, and none is given that is not.
@Suite struct ReasonTests {
    /// The reasons in the sources: `reason: "TASK_CLOSED"`, `rule: "G-64"`, `broken("IMP-01"`, `DatabaseRule("G-49"`,
    /// `.check("G-54"`.
    private static func written() throws -> Set<String> {
        try WrittenWords.matching(
            /(?:reason: |rule: |DatabaseRule\(\s*|broken\(\s*|\.check\(\s*)"([A-Z0-9_-]+)"/)
    }

    private typealias Provocation = @Sendable (Stage, ImportTask) async throws -> Problem?

    /// How each is met, in a stage with a task that imports locations.
    private static let provocations: [String: Provocation] = [
        "TASK_CLOSED": { stage, task in
            _ = try await stage.update(task.id) { $0.state = "closed" }
            return await problem { () async throws(Problem) in try await stage.validate(task) }
        },
        "CASE_CLOSED": { stage, task in
            try await stage.turn("closed", "updated", revision: 2)
            return await problem { () async throws(Problem) in try await stage.validate(task) }
        },
        "G-57": { stage, task in
            var request = SaveMappingRequest()
            request.id = task.id
            request.columns = [ColumnMapping()]
            let asked = request
            return await problem { () async throws(Problem) in
                try await stage.call(ImportValidationAPI.saveMapping, asked)
            }
        },
        "PLAN_UNFINISHED": { stage, task in
            _ = try await stage.loaded(Stage.file([OnboardingStandIn.held]), of: task)
            stage.owner.hold(stage.account)
            defer { stage.owner.letGo(stage.account) }
            let plan = try await stage.plan(of: task)
            return await problem { () async throws(Problem) in try await stage.publish(plan, of: task) }
        },
        "PLAN_STALE": { stage, task in
            _ = try await stage.loaded(Stage.file(["Linz"]), of: task)
            let plan = try await stage.planned(task)
            try await stage.addChecks(1, for: try #require(ImportTarget.named("location")))
            return await problem { () async throws(Problem) in try await stage.publish(plan, of: task) }
        },
        "UNDO_OVER": { stage, task in
            _ = try await stage.loaded(Stage.file(["Linz"]), of: task)
            let run = try await stage.end(of: try await stage.publish(of: task))
            try await stage.close(task, daysAgo: 1)
            return await problem { () async throws(Problem) in try await stage.undo(run, of: task) }
        },
        "UPLOAD_INCOMPLETE": { stage, task in
            let upload = try await stage.begin([1], to: task)
            return await problem { () async throws(Problem) in try await stage.load([upload], of: task) }
        },
        "UPLOAD_OUT_OF_ORDER": { stage, task in
            let upload = try await stage.begin([1, 2], to: task)
            return await problem { () async throws(Problem) in try await stage.append([2], at: 1, to: upload) }
        },
        "UPLOAD_CLOSED": { stage, task in
            let upload = try await stage.upload(Stage.file(["Linz"]), to: task)
            return await problem { () async throws(Problem) in try await stage.append([1], at: 0, to: upload) }
        },
        "UPLOAD_LOADED": { stage, task in
            let upload = try await stage.upload(Stage.file(["Linz"]), to: task)
            _ = try await stage.load([upload], of: task)
            return await problem { () async throws(Problem) in try await stage.load([upload], of: task) }
        },
        "UNSUPPORTED_FILE": { stage, task in
            await problem { () async throws(Problem) in try await stage.upload(Array("%PDF-1.7".utf8), to: task) }
        },
        "G-112": { stage, task in
            await problem { () async throws(Problem) in try await stage.begin([1], "locations.doc", to: task) }
        },
        "RUN_IN_PROGRESS": { stage, task in
            stage.owner.hold(stage.account)
            defer { stage.owner.letGo(stage.account) }
            let upload = try await stage.upload(Stage.file([("Linz", OnboardingStandIn.held)]), to: task)
            _ = try await stage.load([upload], of: task)
            return await problem { () async throws(Problem) in try await stage.startOver(task) }
        },
        "G-64": { stage, task in
            await problem { () async throws(Problem) in try await stage.startOver(task, isConfirmed: false) }
        },
        "START_OVER_UNFINISHED": { stage, task in
            _ = try await stage.loaded(Stage.file(["Linz", "Graz"]), of: task)
            var request = StartOverRequest()
            (request.id, request.confirm) = (task.id, true)
            let (asked, database) = (request, stage.database)
            let work = StartOver(
                database: database, access: TaskAccess(database: database), batch: 1, reserve: .seconds(60))
            return await problem { () async throws(Problem) in
                try await work.answer(Call(caller: stage.agent, deadline: .after(.seconds(60))), asked)
            }
        },
        "RUN_ENDED": { stage, task in
            let run = try await stage.loaded(Stage.file(["Linz"]), of: task)
            return await problem { () async throws(Problem) in try await stage.cancel(run) }
        },
        "EXPORT_TOO_LARGE": { stage, task in
            _ = try await stage.loaded(Stage.file(["", ""]), of: task)
            var request = ExportStagingErrorsRequest()
            request.importTask = task.id
            let (asked, database) = (request, stage.database)
            let errors = ErrorWorkbook(database: database, access: TaskAccess(database: database), most: 1)
            let call = Call(caller: stage.agent, deadline: .after(.seconds(60)))
            return await problem { () async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: .patient) { tx in
                    try errors.export(asked, call, database.context(call), tx)
                }
            }
        },
        "ETAG_MISMATCH": { stage, task in
            let row = try await row(stage, task)
            return await problem { () async throws(Problem) in
                try await stage.correct(row, "name", "Graz", etag: "0")
            }
        },
        "ROW_PUBLISHED": { stage, task in
            let row = try await row(stage, task)
            _ = try await stage.end(of: try await stage.publish(of: task))
            return await problem { () async throws(Problem) in try await stage.correct(row, "name", "Graz") }
        },
        "AIP-132": { stage, _ in
            await problem { () async throws(Problem) in try await stage.tasks { $0.orderBy = "colour" } }
        },
        "AIP-158": { stage, task in
            // One that was made for this list, and holds no place in it.
            let list = PageToken.Binding(
                method: "staging_rows", filter: "\(task.id)//", order: "", domain: stage.agent.domain.path)
            let token = PageToken(position: ["x"]).text(for: list)
            return await problem { () async throws(Problem) in try await stage.rows(task) { $0.pageToken = token } }
        },
        "AIP-160": { stage, task in
            await problem { () async throws(Problem) in try await stage.rows(task) { $0.filter = "(" } }
        },
        "IMP-01": { stage, _ in
            await problem { () async throws(Problem) in try await stage.create { $0.targetTable = "engagement" } }
        },
        "G-54": { stage, task in
            await problem { () async throws(Problem) in
                try await stage.update(task.id) { $0.dataImportState = DataImportState.published.rawValue }
            }
        },
        "G-49": { stage, task in
            // Those that come with a case come once; agents may add more.
            let database = stage.database
            let service = WriteContext.system(
                database.service, domain: try #require(DomainPath(stage.domain)), now: database.clock.now)
            var draft = ImportTask()
            draft.parent = task.parent
            draft.targetTable = task.targetTable
            let sent = draft
            return await problem { () async throws(Problem) in
                try await database.transaction(as: service.caller, deadline: .patient) { tx in
                    for _ in 1...2 { _ = try Store<ImportTask>(database).create(sent, service, in: tx) }
                }
            }
        },
        "G-67": { stage, _ in
            await problem { () async throws(Problem) in try await set(stage, BackupPeriod.name, "0") }
        },
        "G-68": { stage, _ in
            await problem { () async throws(Problem) in try await set(stage, "glide.x", "1") }
        },
        "G-80": { stage, _ in
            let admin = Caller.holding("admin", domain: stage.domain)
            return await problem { () async throws(Problem) in
                for _ in 1...2 {
                    _ = try await stage.call(
                        ImportValidationAPI.createStagingBackup, CreateStagingBackupRequest(), as: admin)
                }
            }
        },
        "IMP-02": { stage, _ in
            await problem { () async throws(Problem) in try await save(stage) { $0.validationSubType = "date" } }
        },
        "IMP-03": step { building, id async throws(Problem) in
            try await building.dataSource(id, "import_locations")
        },
        "IMP-04": step { building, id async throws(Problem) in try await building.finish(id) },
        "IMP-05": step { building, id async throws(Problem) in
            try await building.transformMap(id, [Building.map("city", "constant")])
        },
        "G-71": { stage, task in
            await problem { () async throws(Problem) in try await stage.rows(task) { $0.view = "published" } }
        },
        "G-62": { stage, _ in
            await problem { () async throws(Problem) in
                try await save(stage) { assist in
                    assist.validationType = "record"
                    assist.script = "function executeCondition("
                }
            }
        },
        "SCRIPT_WORKER": { _, _ in
            var assist = DataValidationAssist()
            assist.script = "x"
            let sent = assist
            return await problem { () async throws(Problem) in
                try await DataValidationAssist.compile(sent, ScriptWorker(executable: "/nonexistent/script-worker"))
            }
        },
        "TOO_MANY_CHECKS": { stage, _ in
            let target = try #require(ImportTarget.named("location"))
            try await stage.addChecks(501, for: target)
            return await problem { () async throws(Problem) in
                try await stage.database.transaction(as: stage.agent, deadline: .patient, readOnly: true) { tx in
                    try DataValidationAssist.active(for: target.stagingTable, in: stage.domain, tx).count
                }
            }
        },
    ]

    /// What a step of the builder is answered, which has come to the checks.
    private static func step(
        _ body: @escaping @Sendable (Building, String) async throws(Problem) -> BuilderState
    ) -> Provocation {
        { _, _ in
            let building = try await Building()
            let id = try #require(try await building.mapped().importBuilder).id
            return await problem { () async throws(Problem) in try await body(building, id) }
        }
    }

    private static func row(_ stage: Stage, _ task: ImportTask) async throws -> StagingRow {
        _ = try await stage.loaded(Stage.file(["Linz"]), of: task)
        return try #require(try await stage.rows(task).stagingRows.first)
    }

    /// A property, set by an administrator.
    private static func set(_ stage: Stage, _ name: String, _ value: String) async throws(Problem) -> SystemProperty {
        var request = CreateSystemPropertyRequest()
        request.systemProperty = SystemProperty()
        request.systemProperty?.name = name
        request.systemProperty?.value = value
        return try await stage.call(
            ImportValidationAPI.createSystemProperty, request, as: .holding("admin", domain: stage.domain))
    }

    /// A check of one column, saved by an administrator.
    private static func save(
        _ stage: Stage, _ edit: (inout DataValidationAssist) -> Void
    ) async throws(Problem) -> DataValidationAssist {
        var assist = DataValidationAssist()
        assist.name = "Check"
        assist.validationType = "field"
        assist.stagingTable = ImportTarget.named("location")?.stagingTable
        assist.stagingTableField = "u_name"
        edit(&assist)
        var request = CreateDataValidationAssistRequest()
        request.dataValidationAssist = assist
        return try await stage.call(
            ImportValidationAPI.createDataValidationAssist, request, as: .holding("admin", domain: stage.domain))
    }

    @Test func everyReasonIsProvoked() throws {
        let written = try Self.written()
        #expect(written.count > 15)
        #expect(written.subtracting(Self.provocations.keys) == [], "given by the service and provoked by no test")
        #expect(Set(Self.provocations.keys).subtracting(written) == [], "given by nobody any more")
    }

    @Test(arguments: provocations.keys.sorted()) func theReasonIsGiven(_ reason: String) async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let provoke = try #require(Self.provocations[reason])
        let problem = try #require(try await provoke(stage, task))
        let named = Set(problem.violations.compactMap(\.rule) + [problem.reason])
        #expect(named.contains(reason), "\(problem)")
        #expect(!problem.code.isFault || reason == "SCRIPT_WORKER", "\(problem)")
        #expect(!problem.text.en.isEmpty && !problem.text.ko.isEmpty)
    }
}
