import CustomerSuccessWire
import Foundation
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire
import Workbook

@testable import CustomerSuccessService

/// The success plan of an engagement (G-119).
@Suite(.serialized) struct SuccessPlanTests {
    private static let mark = "<script>alert(\"x\")</script>"

    /// An engagement with one of everything, and what a customer must not see.
    private struct Planned {
        let world: World
        let engagement: Engagement
        let hidden: SuccessTask

        init(_ world: World) async throws {
            self.world = world
            engagement = try await world.make(Engagement.self) { $0.perceivedHealth = "red" }
            let id = engagement.id
            let objective = try await world.make(SuccessObjective.self) {
                ($0.engagement, $0.title) = (id, "Lower cost \(SuccessPlanTests.mark)")
            }
            let outcome = try await world.make(SuccessOutcome.self) {
                $0.successObjective = objective.id
                ($0.baseValue, $0.targetValue, $0.unit) = ("90", "80", "tickets")
            }
            _ = try await world.measure([
                world.value("88", of: outcome, daysAgo: 2), world.value("85", of: outcome, daysAgo: 1),
            ])
            _ = try await world.make(SuccessMilestone.self) { $0.successObjective = objective.id }
            let initiative = try await world.make(SuccessInitiative.self) {
                ($0.successOutcome, $0.assignedTo) = (outcome.id, world.manager)
            }
            _ = try await world.make(SuccessTask.self) {
                ($0.parent, $0.subject, $0.visibleToCustomer) = (initiative.id, "Shown task", true)
            }
            hidden = try await world.make(SuccessTask.self) {
                ($0.parent, $0.subject) = (initiative.id, "Hidden task")
            }
            _ = try await world.make(Touchpoint.self) { ($0.engagement, $0.meetingDate) = (id, world.day(5)) }
            let dropped = try await world.make(SuccessObjective.self) { ($0.engagement, $0.title) = (id, "Dropped") }
            _ = try await world.close(dropped, "cancel", notes: "No.")
        }

        func plan(asCustomer: Bool = false, as caller: Caller? = nil) async throws -> SuccessPlan {
            var request = GetSuccessPlanRequest()
            (request.id, request.asCustomer) = (engagement.number ?? "", asCustomer)
            return try await world.call(CustomerSuccessAPI.getSuccessPlan, request, as: caller)
        }

        func document(
            _ format: String, _ language: String = "", asCustomer: Bool = false, as caller: Caller? = nil
        ) async throws -> (export: Export, bytes: [UInt8]) {
            var request = ExportSuccessPlanRequest()
            (request.id, request.format) = (engagement.id, format)
            (request.language, request.asCustomer) = (language, asCustomer)
            let export = try await world.call(CustomerSuccessAPI.exportSuccessPlan, request, as: caller)
            return (export, try #require(export.first).content)
        }
    }

    @Test func everythingStandsWhereItBelongs() async throws {
        let planned = try await Planned(World())
        let plan = try await planned.plan()
        #expect(plan.accountName == "Ernst Handel" && plan.today == planned.world.day(0) && !plan.asCustomer)
        #expect(plan.engagement?.perceivedHealth == "red" && plan.objectiveCount == 1)
        let objective = try #require(plan.objectives.first)
        #expect(objective.milestones?.totalSize == 1 && objective.outcomeCount == 1)
        let outcome = try #require(objective.outcomes.first)
        #expect(outcome.outcome?.currentValue == "85" && outcome.progress?.percent == 50)
        #expect(outcome.progress?.history.map(\.value) == ["88", "85"] && outcome.progress?.trend == "improving")
        let initiative = try #require(outcome.initiatives.first)
        #expect(initiative.initiative?.assignedToName == "Jeremy Hess")
        #expect(Set(initiative.tasks?.items.map(\.title) ?? []) == ["Shown task", "Hidden task"])
        #expect(plan.touchpoints?.items.map(\.meetingDate) == [planned.world.day(5)])
    }

    /// The customer, and whoever looks as the customer, see the same: nothing that is not for customers.
    @Test func customersSeeTheirPart() async throws {
        let planned = try await Planned(World())
        let theirs = try await planned.plan(as: planned.world.customer)
        let shown = try await planned.plan(asCustomer: true)
        #expect(theirs == shown && theirs.asCustomer)
        #expect(theirs.engagement?.title == planned.engagement.title && theirs.engagement?.perceivedHealth == nil)
        let outcome = try #require(theirs.objectives.first?.outcomes.first)
        #expect(outcome.progress?.history.map(\.source) == ["", ""] && outcome.progress?.percent == 50)
        let tasks = try #require(outcome.initiatives.first?.tasks)
        #expect(tasks.items.map(\.title) == ["Shown task"] && tasks.totalSize == 1 && tasks.allSize == 1)
    }

    /// What who asks may not read is not in it, as whomever it is shown.
    @Test(arguments: [false, true])
    func rolesDecide(asCustomer: Bool) async throws {
        let planned = try await Planned(World())
        var reader = planned.world.agent
        reader.roles = RoleCatalog.close(["sn_acct_lc.engagement_read", "sn_acct_lc.success_objective_read"])
        let plan = try await planned.plan(asCustomer: asCustomer, as: reader)
        #expect(plan.objectives.count == 1 && plan.objectives[0].milestones?.items.count == 1)
        #expect(plan.objectives[0].outcomes.isEmpty && plan.touchpoints?.items.isEmpty == true)
        reader.roles = RoleCatalog.close(["sn_acct_lc.success_objective_read"])
        let stranger = reader
        #expect(try await refusal { _ = try await planned.plan(as: stranger) }.code == .permissionDenied)
        #expect(try await refusal { _ = try await planned.document("html", as: stranger) }.code == .permissionDenied)
    }

    @Test func noPlanCrossesATenant() async throws {
        let world = try await World()
        let planned = try await Planned(world)
        let other = try await World(world.server)
        for asCustomer in [false, true] {
            #expect(
                try await refusal { _ = try await planned.plan(asCustomer: asCustomer, as: other.customer) }.code
                    == .notFound)
            #expect(
                try await refusal { _ = try await planned.document("xlsx", asCustomer: asCustomer, as: other.customer) }
                    .code == .notFound)
        }
        // A file is read by who had it written, and by nobody else.
        let made = try await planned.document("html", as: world.customer)
        var request = ReadExportRequest()
        request.token = made.export.token
        #expect(try await world.call(CustomerSuccessAPI.readExport, request, as: world.customer).last)
        for caller in [other.customer, world.agent] {
            #expect(
                try await refusal { _ = try await world.call(CustomerSuccessAPI.readExport, request, as: caller) }.code
                    == .notFound)
        }
    }

    @Test(arguments: [("en", "Success plan: Ernst Handel", "Improving"), ("ko", "성공 계획: Ernst Handel", "개선 중")])
    func thePageStandsByItself(language: String, title: String, trend: String) async throws {
        let planned = try await Planned(World())
        let made = try await planned.document("html", language, asCustomer: true)
        #expect(made.export.contentType == "text/html; charset=utf-8")
        #expect(made.export.fileName.hasPrefix("success-plan-eng") && made.export.fileName.hasSuffix(".html"))
        let text = String(decoding: made.bytes, as: UTF8.self)
        #expect(text.hasPrefix("<!DOCTYPE html>") && text.contains("<html lang=\"\(language)\">"))
        #expect(text.contains(title) && text.contains(trend) && text.contains("@media print"))
        #expect(text.contains("Shown task") && !text.contains("Hidden task") && !text.contains("Dropped"))
        // Texts of records are texts.
        #expect(
            !text.contains(Self.mark) && text.contains("Lower cost &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"))
        for loaded in ["src=", "href=", "<script", "url(", "@import"] { #expect(!text.contains(loaded), "\(loaded)") }
    }

    @Test(arguments: [("en", "Success objective", "Progress (%)"), ("ko", "성공 목표", "진행률(%)")])
    func theWorkbookHasARowForEachThing(language: String, kind: String, heading: String) async throws {
        let planned = try await Planned(World())
        let made = try await planned.document("xlsx", language)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(uuid()).xlsx").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(made.bytes).write(to: URL(fileURLWithPath: path))
        let source = try TableFile.open(path: path, name: "plan.xlsx")
        let rows = try source.readAll().map { row in (0..<row.count).map { row.text(at: $0) ?? "" } }
        #expect(rows.first?.last == heading && rows.count == Int(made.export.rows) + 1)
        #expect(rows[1][0] == kind && rows[1][2].contains(Self.mark))
        // Objective, milestone, outcome, two values, initiative, two tasks, touchpoint.
        #expect(made.export.rows == 9)
        #expect(try await refusal { _ = try await planned.document("pdf") }.violations.map(\.field) == ["format"])
        #expect(try await refusal { _ = try await planned.document("html", "fr") }.code == .invalidArgument)
    }
}
