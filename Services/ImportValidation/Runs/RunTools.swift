import Identity
import ImportValidationWire
import Logging
import NATS
import OnboardingWire
import Platform
import Postgres
import RPC
import Records
import Sandbox
import Tenancy
import Wire

/// Why a run cannot go on, told to people; the run fails.
struct RunFailure: Error {
    let text: Text
    /// Whether the file can be loaded again when the person says more about it: its encoding, its sheet.
    var keepsUpload = false
}

/// What a run works with.
struct RunTools: Sendable {
    let claim: Claim
    let database: Database
    let queue: RunQueue
    let client: Client
    let connection: Connection
    let issuer: Issuer?
    let files: UploadFiles
    let scripts: ScriptWorker
    let replicas: ReplicaSet

    /// Who the run's transactions are: the service inside the domain of the task.
    var service: Caller { .service(database.service, domain: claim.domain) }

    /// What the run writes with now.
    var writing: WriteContext { .system(database.service, domain: claim.domain, now: database.clock.now) }

    /// The language of the one who asked for the run: comments are kept in it.
    var language: String { claim.requester.caller.locale }

    /// The task and its target.
    func task() async throws -> (task: ImportTask, target: ImportTarget) {
        let database = database
        let id = claim.task
        let found = try await database.transaction(as: service, readOnly: true) { tx in
            try Store<ImportTask>(database).find(id, in: tx).map { ($0, try ImportTarget.of($0, tx)) }
        }
        guard let found else {
            throw RunFailure(text: Text(en: "The import task is gone.", ko: "가져오기 작업이 삭제되었습니다."))
        }
        return found
    }

    /// A checker for the rows of a task, with the checks as they are now.
    func checker(_ task: ImportTask, _ target: ImportTarget) async throws -> RowChecker {
        let stagingTable = task.sourceTable ?? target.stagingTable
        let assists = try await database.transaction(as: service, readOnly: true) { tx in
            try DataValidationAssist.active(for: stagingTable, in: task.domain, tx)
        }
        let records = try await ScriptRecords(database: database, replicas: replicas).of(task)
        let account = task.account ?? ""
        let client = client
        let scripts = scripts
        return RowChecker(
            CheckPlan(target, assists), account: task.account, records: records, language: language,
            resolve: { reference, texts in
                var request = ResolveReferencesRequest()
                request.table = reference.table
                request.field = reference.field
                request.account = account
                request.values = texts
                let answer = try await client.call(
                    OnboardingAPI.resolveReferences, request, deadline: .seconds(20), retry: .exponential(attempts: 5))
                let matches = answer.references.map { ($0.value, RowChecker.Match(count: Int($0.matches), id: $0.id)) }
                return Dictionary(matches) { $1 }
            },
            run: { source, batch in try await scripts.evaluate(source, batch) })
    }
}

extension RunTools {
    /// What people are told of rows that are not taken because their files are being loaded; empty when there are none.
    func leftOut(_ which: SQL) async throws -> [Text] {
        let task = claim.task
        let rows = try await database.transaction(as: service, readOnly: true) { tx in
            try StagingStore.stillLoading(task, which, tx)
        }
        return rows == 0 ? [] : [RunMessages.stillLoading(rows)]
    }
}

extension RunMessages {
    static func stillLoading(_ rows: Int64) -> Text {
        Text(
            en: "\(rows) rows were left out because their file is still being loaded.",
            ko: "파일을 로드하는 중인 \(grouped: rows)개 행은 제외했습니다.")
    }
}
