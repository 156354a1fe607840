import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Publications whose worker is killed when the owner has written a batch, and before that is kept: whatever happens before
/// the next worker comes, all that was written is known, and can be undone and traced (G-56, G-133).
@Suite(.timeLimit(.minutes(15))) struct ResumedPublicationTests {
    /// What happens between the two workers.
    enum Event: CaseIterable {
        case nothing, edit, removal, closing, check, cancellation, refusal

        /// How the publication ends afterwards.
        func ending(_ isPlanned: Bool) -> String {
            switch self {
            case .nothing, .edit, .removal: "completed"
            case .closing, .refusal: "failed"
            case .check: isPlanned ? "failed" : "completed"
            case .cancellation: "canceled"
            }
        }
    }

    private static let names = ["Linz", OnboardingStandIn.held, "Graz"]

    private static func happen(_ event: Event, to run: ImportRun, _ stage: Stage, _ task: ImportTask) async throws {
        let rows = try await stage.rows(task).stagingRows
        switch event {
        case .nothing: break
        case .edit: _ = try await stage.correct(rows[2], "name", "Graz 2")
        case .removal:
            _ = try await stage.bench.admin.run("DELETE FROM import_validation.staging_row WHERE id = \(rows[2].id)")
        case .closing: try await stage.close(task, daysAgo: 0)
        case .check: try await stage.addChecks(1, for: try #require(ImportTarget.named("location")))
        case .cancellation: _ = try await stage.cancel(run)
        case .refusal: stage.owner.refuse(stage.account)
        }
    }

    @Test(arguments: Event.allCases, [false, true])
    func whatWasWrittenIsKnown(_ event: Event, isPlanned: Bool) async throws {
        let (stage, task) = try await Stage.filled(Self.names)
        let plan = isPlanned ? try await stage.planned(task) : nil
        stage.owner.hold(stage.account)
        let begun =
            if let plan { try await stage.publish(plan, of: task) } else { try await stage.publish(of: task) }
        let run = try await stage.killed(begun, "publication_batch") {
            !stage.owner.published(stage.account).isEmpty
        } before: {
            try await Self.happen(event, to: begun, stage, task)
        }
        #expect(
            run.state == event.ending(isPlanned) && run.doneRows == 3 && run.failedRows == 0, "\(run.message ?? "")")
        let sent = stage.owner.published(stage.account)
        #expect(sent.count == (event == .refusal ? 1 : 2), "the same, and nothing else")
        #expect(sent.first == sent.last && sent.first?.rows.count == 3)
        if run.state == "failed" {
            #expect(run.message?.hasSuffix(RunMessages.publishedBefore(3, of: 3).en) == true, "\(run.message ?? "")")
        }

        let written = try await stage.publishedRows(run).publishedRows
        #expect(written.map(\.outcome) == ["insert", "insert", "insert"])
        #expect(written.map(\.rowNumber) == [2, 3, 4] && written.allSatisfy { $0.fields.count == 1 })
        let staged: [Int64] =
            switch event {
            case .edit: [1, 0, 0, 2]
            case .removal: [0, 0, 0, 2]
            default: [0, 0, 0, 3]
            }
        #expect(try await stage.summary(task) == staged)
        if let plan {
            let counts = try #require(try await stage.planRows(plan).counts)
            #expect([counts.published, counts.failed, counts.moved] == [3, 0, 0])
        }
        for (number, row) in written.enumerated() {
            let origin = try #require(try await stage.lineage(of: row.targetRecord, field: "name").first)
            #expect(origin.cell == "A\(number + 2)")
        }
        stage.owner.admit(stage.account)
        let undo = try await stage.end(of: try await stage.undo(run, of: task))
        #expect(undo.state == "completed" && undo.doneRows == 3 && undo.failedRows == 0)
        #expect(stage.owner.unpublished(stage.account).flatMap(\.rows).allSatisfy { $0.wasCreated })
    }

    /// A batch that was refused, so that nothing was done, is not left on its way: its rows are as they were, and nothing comes
    /// of it later.
    @Test(arguments: [false, true]) func whatWasRefusedIsSettled(_ isPlanned: Bool) async throws {
        let (stage, task) = try await Stage.filled(Self.names)
        let plan = isPlanned ? try await stage.planned(task) : nil
        stage.owner.refuse(stage.account)
        let begun =
            if let plan { try await stage.publish(plan, of: task) } else { try await stage.publish(of: task) }
        let run = try await stage.end(of: begun)
        #expect(run.state == "failed" && run.doneRows == 0 && run.failedRows == 0, "\(run.message ?? "")")
        #expect(try await stage.summary(task) == [0, 0, 3, 0])
        let left = try await stage.bench.admin.run(
            "SELECT 1 FROM import_validation.publication_batch WHERE publication = \(run.id)")
        #expect(left.isEmpty)
        stage.owner.admit(stage.account)
        let again =
            if let plan { try await stage.publish(plan, of: task) } else { try await stage.publish(of: task) }
        #expect(try await stage.end(of: again).doneRows == 3)
        #expect(try await stage.summary(task) == [0, 0, 0, 3])
    }
}
