import ImportValidationWire
import OnboardingWire
import RPC
import Records
import Wire

/// Asks the owner of a target table to publish rows, or what publishing them would do: one way for both, so that a plan
/// says what a publication does.
struct RowPublisher: Sendable {
    /// Most rows of one request.
    static let batch = 500
    private static let bytesPerBatch = 600 << 10

    private let tools: RunTools
    private let account: String
    let plan: CheckPlan

    /// For the rows of a task that its checks have judged, as these store them.
    init(_ tools: RunTools) async throws {
        let (task, target) = try await tools.task()
        let table = task.sourceTable ?? target.stagingTable
        let assists = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try DataValidationAssist.active(for: table, in: task.domain, tx)
        }
        self.tools = tools
        account = task.account ?? ""
        plan = CheckPlan(target, assists)
    }

    /// As many rows from the start as one request carries; at least one.
    static func fitting(_ rows: [HeldRow]) -> [HeldRow] {
        rows.fitting(bytesPerBatch) { row in row.cells.reduce(64) { $0 + $1.utf8.count + 4 } }
    }

    /// What publishing the rows would do; nothing is changed. For as many rows from the start as the answer tells of.
    func wouldDo(_ rows: [HeldRow]) async throws -> [PublishResult] {
        var request = request(rows, [:])
        request.dryRun = true
        return try await answer(request, rows)
    }

    /// What is sent to publish the rows, those of a plan as it has seen them. The request id follows from the rows and their
    /// revisions.
    func request(toPublish rows: [HeldRow], _ planned: [String: PlannedRow]) -> PublishRowsRequest {
        var request = request(rows, planned)
        let name = rows.map { "\($0.id):\($0.revision)" }.joined(separator: ",")
        request.requestID = RecordID.derived(from: "\(tools.claim.run)/\(name)")
        return request
    }

    /// Publishes the rows of a batch that is kept: sent again after a crash it gets the same answer, and nothing is published
    /// twice. For as many rows from the start as the answer tells of.
    func publish(_ batch: PublicationBatch) async throws -> [PublishResult] {
        batch.rows.isEmpty ? [] : try await answer(batch.request, batch.rows)
    }

    private func request(_ rows: [HeldRow], _ planned: [String: PlannedRow]) -> PublishRowsRequest {
        var request = PublishRowsRequest()
        request.targetTable = plan.target.table
        request.account = account
        request.columns = plan.target.fields.map(\.name)
        let named = plan.referenceFields
        if named.contains(where: { !$0.isEmpty }) { request.referenceFields = named }
        request.rows = rows.map { row in
            var sent = PublishRow()
            sent.rowID = row.id
            sent.values = plan.stored(row.cells)
            sent.planned = planned[row.id]
            return sent
        }
        return request
    }

    /// What was done with the rows of a batch that is kept; nothing when it was never carried out, which it then never will
    /// be. Asked by the service itself: of the person it may be that nothing is taken any more.
    static func settled(_ batch: PublicationBatch, _ tools: RunTools) async throws -> [PublishResult] {
        let person = tools.claim.requester.caller
        var request = SettlePublishRequest()
        request.request = batch.request
        request.subject = person.subject
        request.domain = person.domain.path
        let answer = try await tools.client.call(
            OnboardingAPI.settlePublish, request, deadline: .seconds(60), retry: .exponential(attempts: 6))
        return answer.results.isEmpty ? [] : results(answer, batch.rows)
    }

    private func answer(_ request: PublishRowsRequest, _ rows: [HeldRow]) async throws -> [PublishResult] {
        let answer = try await tools.client.call(
            OnboardingAPI.publishRows, request, as: tools.credential, deadline: .seconds(60),
            requestID: request.requestID.isEmpty ? nil : request.requestID, retry: .exponential(attempts: 6))
        return Self.results(answer, rows)
    }

    /// The results of rows in their order, up to the first that was put off.
    private static func results(_ answer: PublishRowsResponse, _ rows: [HeldRow]) -> [PublishResult] {
        let results = Dictionary(answer.results.map { ($0.rowID, $0) }) { first, _ in first }
        let all = rows.map { results[$0.id] ?? Self.unanswered }
        return Array(all.prefix { $0.outcome != PublishResult.Outcome.deferred })
    }

    private static var unanswered: PublishResult {
        var result = PublishResult()
        result.outcome = PublishResult.Outcome.failed
        var fault = PublishFault()
        fault.message = "There was no answer for this row."
        fault.messageKo = "이 행의 게시 결과를 확인하지 못했습니다. 다시 게시하세요."
        result.faults = [fault]
        return result
    }
}

extension RunTools {
    /// The requester's own rights decide in the target table.
    var credential: Credential? {
        guard let issuer, claim.requester.caller.kind != .service else { return nil }
        return claim.requester.credential(issuer, by: database.service)
    }
}

extension PublishResult {
    /// Whether nothing was written for the row, though it was asked.
    var isRefused: Bool { outcome == Outcome.failed || outcome == Outcome.moved }

    /// Why a row was not published, cell by cell; nothing when it was.
    var errors: [RowError] {
        guard isRefused else { return [] }
        guard faults.isEmpty else { return RowError.all(faults) }
        let refused = RowError.notPublished
        return [RowError(.publication, message.isEmpty ? [refused.en, refused.ko] : [message])]
    }

    /// The outcome of a plan or of a publication; nil when nothing was written.
    var written: String? {
        switch outcome {
        case Outcome.created: PlanRow.Outcome.insert
        case Outcome.updated: PlanRow.Outcome.update
        case Outcome.unchanged: PlanRow.Outcome.unchanged
        default: nil
        }
    }
}

extension RowError {
    /// What the owner of a table has said against a row.
    static func all(_ faults: [PublishFault]) -> [RowError] {
        faults.map { fault in
            RowError(.publication, field: fault.field.isEmpty ? nil : fault.field, [fault.message, fault.messageKo])
        }
    }
}
