import CampaignKit
import Foundation
import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import Testing
import Wire

extension Scenarios.OnOneStack {
    /// Imports from the file to an undo, with the services killed in the midst of each step: every row is counted once, in
    /// staging and in the target table.
    @Suite(.serialized)
    struct PublicationScenarioTests {
        private static let rows = 3_000

        @Test("Plan, publish and undo carry on after kills, and counts are exact", .timeLimit(.minutes(15)))
        func killedInTheMidst() async throws {
            try await SharedStack.with { stack in
                let journey = Journey(stack.world())
                try await journey.prepareImports()
                let task = try #require(journey.importTasks["location"])
                let agent = try journey.credential(.agent)
                try await Self.load(task, journey, stack, agent)

                var planning = PlanImportRequest()
                planning.id = task.id
                planning.allReady = true
                let plan = try await Self.killed(
                    stack, ["import-validation"],
                    try await stack.world().call(ImportValidationAPI.planImport, planning, as: agent), agent)
                #expect(plan.state == "completed" && plan.doneRows == Int64(Self.rows) && plan.failedRows == 0)
                var list = ListPlanRowsRequest()
                list.plan = plan.id
                (list.pageSize, list.count) = (1, true)
                let counts = try await stack.world().call(ImportValidationAPI.listPlanRows, list, as: agent).counts
                #expect(counts?.inserts == Int64(Self.rows) && counts?.doubles == 0)
                try await Self.expect(ready: Self.rows, published: 0, stack, task, journey)

                var publishing = PublishStagingRowsRequest()
                (publishing.id, publishing.plan) = (task.id, plan.id)
                let published = try await Self.killed(
                    stack, ["import-validation", "onboarding"],
                    try await stack.world().call(ImportValidationAPI.publishStagingRows, publishing, as: agent), agent)
                #expect(published.state == "completed" && published.doneRows == Int64(Self.rows))
                #expect(published.failedRows == 0, "\(published.message ?? "")")
                try await Self.expect(ready: 0, published: Self.rows, stack, task, journey)

                var undoing = UndoPublicationRequest()
                (undoing.id, undoing.importRun) = (task.id, published.id)
                let undone = try await Self.killed(
                    stack, ["import-validation", "onboarding"],
                    try await stack.world().call(ImportValidationAPI.undoPublication, undoing, as: agent), agent)
                #expect(undone.state == "completed" && undone.doneRows == Int64(Self.rows))
                #expect(undone.failedRows == 0, "\(undone.message ?? "")")
                try await Self.expect(ready: Self.rows, published: 0, stack, task, journey)
            }
        }

        @Test(
            "An administrator sets up a new import, the customer's contact uses it, and kills lose or double nothing",
            .timeLimit(.minutes(15)))
        func aNewImport() async throws {
            try await SharedStack.with { stack in
                var work = try await NewImport(stack)
                try await work.build()
                try await work.open()
                let upload = try await work.send()
                try await work.correct()
                try await work.check()
                try await work.publish(upload)
            }
        }

        private static func load(
            _ task: ImportTask, _ journey: Journey, _ stack: ScenarioStack, _ agent: Credential
        ) async throws {
            let path = "\(stack.folder)/places.csv"
            let lines = (1...rows).map { "Place \($0),\(journey.accountName)\n" }.joined()
            try "Name,Account\n\(lines)".write(toFile: path, atomically: true, encoding: .utf8)
            var request = ImportUploadsRequest()
            request.id = task.id
            request.uploads = [try await stack.world().upload(path, to: task, as: agent).id]
            let runs = try await stack.world().call(ImportValidationAPI.importUploads, request, as: agent).importRuns
            _ = try await stack.world().ended(try #require(runs.first), as: agent)
        }

        /// The run at its end, with services killed when it is under way.
        private static func killed(
            _ stack: ScenarioStack, _ names: [String], _ run: ImportRun, _ agent: Credential
        ) async throws -> ImportRun {
            var request = GetRequest()
            request.id = run.id
            for _ in 0..<500 {
                let now = try await stack.world().call(ImportValidationAPI.getImportRun, request, as: agent)
                if (now.doneRows ?? 0) > 0 || now.state == "completed" { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            for name in names { try stack.kill(name) }
            try await stack.restart()
            return try await stack.world().ended(run, as: agent)
        }

        private static func expect(
            ready: Int, published: Int, _ stack: ScenarioStack, _ task: ImportTask, _ journey: Journey
        ) async throws {
            let agent = try journey.credential(.agent)
            var request = GetRequest()
            request.id = task.id
            let summary = try await stack.world().call(ImportValidationAPI.summarizeImport, request, as: agent)
            #expect(summary.readyToPublish == Int64(ready) && summary.published == Int64(published), "\(summary)")
            var list = ListRequest()
            list.filter = "account = \"\(journey.account.id)\""
            (list.pageSize, list.count) = (1, true)
            let page = try await stack.world().call(OnboardingAPI.listLocations, list, as: agent)
            #expect(page.totalSize == Int64(published))
        }
    }
}
