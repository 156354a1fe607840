import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Undos whose worker is killed when the owner has taken a batch back, and before that is kept: whatever happens before the
/// next worker comes, what was taken back is known, and nothing else is (G-133).
@Suite(.timeLimit(.minutes(15))) struct ResumedUndoTests {
    private static let table = "publication_undo"
    private static let refused = Problem.permissionDenied().text.en

    /// What happens between the two workers.
    enum Event: CaseIterable {
        case nothing, change, reference, removal, closing, cancellation, refusal

        var ending: String {
            switch self {
            case .cancellation: "canceled"
            case .refusal: "failed"
            default: "completed"
            }
        }
    }

    /// A task whose rows are published, and what is asked of the owner is held.
    private static func published(_ names: [String]) async throws -> (Stage, ImportTask, ImportRun) {
        let (stage, task) = try await Stage.filled(names)
        let run = try await stage.end(of: try await stage.publish(of: task))
        #expect(run.state == "completed" && run.failedRows == 0, "\(run.message ?? "")")
        stage.owner.hold(stage.account)
        return (stage, task, run)
    }

    private static func happen(
        _ event: Event, to undo: ImportRun, _ records: [PublishedRow], _ stage: Stage, _ task: ImportTask
    ) async throws {
        switch event {
        case .nothing: break
        case .change: stage.owner.keep(records[1].targetRecord)
        case .reference: stage.owner.refer(to: records[1].targetRecord)
        case .removal:
            _ = try await stage.bench.admin.run(
                "DELETE FROM import_validation.staging_row WHERE id = \(records[2].stagingRow)")
        case .closing: try await stage.close(task, daysAgo: 5)
        case .cancellation: _ = try await stage.cancel(undo)
        case .refusal: stage.owner.refuse(stage.account)
        }
    }

    /// Of contacts, to which customer-success may refer, for locations nobody asks it.
    @Test(arguments: Event.allCases) func whatWasTakenBackIsKnown(_ event: Event) async throws {
        let stage = try await Stage()
        let task = try await stage.locations { $0.targetTable = "customer_contact" }
        let file =
            "First name,Last name,Email,Account\nA,B,a@ernst.example,Ernst Handel\nC,D,c@ernst.example,Ernst Handel\n"
            + "\(OnboardingStandIn.held),F,e@ernst.example,Ernst Handel\n"
        #expect(try await stage.loaded(Array(file.utf8), "contacts.csv", of: task).failedRows == 0)
        stage.owner.tellAll(stage.account)
        let run = try await stage.end(of: try await stage.publish(of: task))
        let records = try await stage.publishedRows(run).publishedRows
        try #require(records.count == 3)
        stage.owner.hold(stage.account)
        let begun = try await stage.undo(run, of: task)
        let undo = try await stage.killed(begun, Self.table) {
            !stage.owner.unpublished(stage.account).isEmpty
        } before: {
            try await Self.happen(event, to: begun, records, stage, task)
        }
        #expect(undo.state == event.ending && undo.doneRows == 3 && undo.failedRows == 0, "\(undo.message ?? "")")
        let sent = stage.owner.unpublished(stage.account)
        #expect(sent.count == (event == .refusal ? 1 : 2), "the same, and nothing else")
        #expect(sent.first == sent.last && sent.first?.rows.count == 3)
        #expect(try await !stage.isSending(undo, Self.table))
        #expect(try await stage.publishedRows(run).publishedRows.map(\.state) == ["undone", "undone", "undone"])
        #expect(try await stage.summary(task) == [0, 0, event == .removal ? 2 : 3, 0])
        if event == .refusal {
            let told = "\(Self.refused) \(RunMessages.undoneBefore(3, of: 3).en)"
            #expect(undo.message == told)
        }
    }

    /// A batch that was refused, so that nothing was taken back, is not left on its way: its rows stay published, whatever comes
    /// late, and can be undone by who may.
    @Test func whatWasRefusedIsSettled() async throws {
        let (stage, task, run) = try await Self.published(["Linz", "Graz"])
        stage.owner.letGo(stage.account)
        stage.owner.refuse(stage.account)
        let undo = try await stage.end(of: try await stage.undo(run, of: task))
        #expect(undo.state == "failed" && undo.doneRows == 0 && undo.message == Self.refused)
        #expect(try await !stage.isSending(undo, Self.table))
        #expect(try await stage.summary(task) == [0, 0, 0, 2])
        #expect(try await stage.publishedRows(run).publishedRows.map(\.state) == ["published", "published"])
        stage.owner.admit(stage.account)
        #expect(try await stage.end(of: try await stage.undo(run, of: task)).doneRows == 2)
        #expect(try await stage.summary(task) == [0, 0, 2, 0])
    }

    /// Killed in the second of two batches: the first is counted once, the second as its owner has it.
    @Test(arguments: [false, true]) func countsAreExactAcrossBatches(_ isRefusedUnread: Bool) async throws {
        let names = [OnboardingStandIn.held] + (2...600).map { "Werk \($0)" }
        let (stage, task, run) = try await Self.published(names)
        let begun = try await stage.undo(run, of: task)
        // Refused while it is held, the second batch is never read.
        if isRefusedUnread {
            try await Stage.until {
                stage.owner.unpublished(stage.account).count == 1 && stage.owner.isAsked(stage.account)
            }
            stage.owner.refuse(stage.account)
        }
        let undo = try await stage.killed(begun, Self.table) {
            stage.owner.unpublished(stage.account).count == (isRefusedUnread ? 1 : 2)
        } before: {
            stage.owner.refuse(stage.account)
        }
        let done: Int64 = isRefusedUnread ? 500 : 600
        #expect(undo.state == "failed" && undo.doneRows == done && undo.totalRows == 600, "\(undo.message ?? "")")
        #expect(undo.message == "\(Self.refused) \(RunMessages.undoneBefore(done, of: 600).en)")
        #expect(try await stage.summary(task) == [0, 0, done, 600 - done])
        #expect(try await stage.publishedRows(run) { $0.state = "undone" }.totalSize == done)
        #expect(try await !stage.isSending(undo, Self.table))
    }
}

/// Records that refer to others of their table, undone over several batches (G-133).
@Suite(.timeLimit(.minutes(15))) struct UndoOrderTests {
    /// A table whose records may be parts of others, which nothing but its declaration makes importable.
    private static let floor = RecordSchema(
        table: "floor", collection: "floors", service: "onboarding", label: Text(en: "Floor", ko: "층"),
        numberPrefix: nil,
        fields: [
            FieldSchema(
                name: "account", jsonName: "account", label: Text(en: "Account", ko: "계정"), type: .reference,
                mandatory: true, reference: "customer_account", storage: .string),
            FieldSchema(
                name: "name", jsonName: "name", label: Text(en: "Name", ko: "이름"), type: .string, mandatory: true,
                storage: .string),
            FieldSchema(
                name: "part_of", jsonName: "partOf", label: Text(en: "Part of", ko: "상위 층"), type: .reference,
                reference: "floor", storage: .string),
        ],
        importing: ImportSchema(order: 98, task: Text(en: "Import floors", ko: "층 가져오기"), key: ["account", "name"]))

    /// What is kept for a record that goes in a later batch is asked about once more, as long as others go; what is kept for
    /// good is counted once.
    @Test func whatGoesLaterKeepsNothing() async throws {
        ImportTarget.declare(Self.floor)
        let stage = try await Stage()
        let task = try await stage.locations { $0.targetTable = "floor" }
        #expect(try await stage.loaded(Stage.file((1...1_100).map { "F\($0)" }), of: task).failedRows == 0)
        let run = try await stage.end(of: try await stage.publish(of: task))
        let page = try await stage.publishedRows(run) { $0.pageSize = 1_000 }
        let next = try await stage.publishedRows(run) { ($0.pageSize, $0.pageToken) = (1_000, page.nextPageToken) }
        let all = page.publishedRows + next.publishedRows
        try #require(all.count == 1_100)
        // A chain over three batches, the wrong way round, and one that stays.
        stage.owner.keep(all[1_049].targetRecord, until: all[549].targetRecord)
        stage.owner.keep(all[549].targetRecord, until: all[9].targetRecord)
        stage.owner.keep(all[700].targetRecord)
        let undo = try await stage.end(of: try await stage.undo(run, of: task))
        #expect(undo.state == "completed" && undo.doneRows == 1_100 && undo.failedRows == 1, "\(undo.message ?? "")")
        #expect(undo.message == RunMessages.undone(1_100, kept: 1).en)
        let sent = stage.owner.unpublished(stage.account).map { $0.rows.map(\.rowID) }
        #expect(sent.map(\.count) == [500, 500, 100, 3, 1])
        #expect(try await stage.summary(task) == [0, 0, 1_099, 1])
        let kept = try await stage.publishedRows(run) { $0.state = "kept" }
        #expect(kept.publishedRows.map(\.number) == [701])
    }

    /// Of records that refer to none of their table what is kept is not asked about again.
    @Test func noTableIsAskedInVain() async throws {
        let (stage, task) = try await Stage.filled(["Linz", "Graz"])
        let run = try await stage.end(of: try await stage.publish(of: task))
        let records = try await stage.publishedRows(run).publishedRows
        stage.owner.keep(records[1].targetRecord, until: records[0].targetRecord)
        stage.owner.keep(records[0].targetRecord)
        let undo = try await stage.end(of: try await stage.undo(run, of: task))
        #expect(undo.failedRows == 2 && stage.owner.unpublished(stage.account).count == 1)
    }
}
