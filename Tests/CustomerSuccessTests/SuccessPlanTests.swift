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

    /// Where there is more than an answer holds, it shows what is at work and counts the rest; the document has all of it.
    @Test func whatIsAtWorkComesFirst() async throws {
        let planned = try await Planned(World())
        let world = planned.world
        let objective = try #require(try await planned.plan().objectives.first)
        let outcome = try #require(objective.outcomes.first?.outcome)
        for number in 0..<12 {
            let milestone = try await world.make(SuccessMilestone.self) {
                ($0.successObjective, $0.title) = (objective.objective?.id, "Milestone \(number)")
                $0.targetDate = world.day(-30 + number)
            }
            if number < 11 {
                _ = try await world.close(milestone, "cancel", notes: "No.")
            }
        }
        for number in 0..<12 {
            let made = try await world.make(SuccessInitiative.self) {
                ($0.successOutcome, $0.subject, $0.dueDate) = (outcome.id, "Work \(number)", world.day(number))
                $0.state = "in_progress"
            }
            guard number < 10 else { continue }
            _ = try await world.close(made, "close", code: "achieved", notes: "Done.")
        }
        for number in 0..<60 {
            _ = try await world.make(Touchpoint.self) {
                ($0.engagement, $0.subject, $0.meetingDate) = (
                    planned.engagement.id, "Talk \(number)", world.day(number)
                )
            }
        }
        let plan = try await planned.plan()
        #expect(plan.touchpoints?.totalSize == 61 && plan.touchpoints?.items.first?.title == "Talk 59")
        #expect(plan.touchpoints?.items.contains { $0.title == "Talk 0" } == false)
        let shown = try #require(plan.objectives.first?.outcomes.first)
        #expect(shown.initiativeCount == 13 && shown.initiatives.count == 10)
        let open = shown.initiatives.prefix(3).compactMap(\.initiative?.title)
        #expect(open.contains("Work 10") && open.contains("Work 11"))
        for format in ["html", "xlsx"] {
            let document = try await planned.document(format)
            guard format == "html" else {
                #expect(document.export.rows == 9 + 1 + 12 + 60)
                continue
            }
            let text = String(decoding: document.bytes, as: UTF8.self)
            for title in ["Talk 0<", "Talk 59<", "Work 0 ", "Milestone 11<"] {
                #expect(text.contains(title), "\(title)")
            }
            #expect(!text.contains("more</p>"))
        }
    }

    /// A document is bounded as well: whatever it leaves out, in whichever list, it says.
    @Test func whatIsCutIsSaid() async throws {
        let planned = try await Planned(World())
        let world = planned.world
        let objective = try #require(try await planned.plan().objectives.first)
        let outcome = try #require(objective.outcomes.first?.outcome)
        _ = try await world.measure((0..<13).map { world.value("\(40 + $0)", of: outcome, daysAgo: 20 + $0) })
        for number in 0..<2 {
            _ = try await world.make(SuccessOutcome.self) {
                ($0.successObjective, $0.title) = (objective.objective?.id, "Outcome \(number)")
            }
            _ = try await world.make(SuccessMilestone.self) { $0.successObjective = objective.objective?.id }
            let initiative = try await world.make(SuccessInitiative.self) { $0.successOutcome = outcome.id }
            _ = try await world.make(SuccessTask.self) { $0.parent = initiative.id }
            _ = try await world.make(Touchpoint.self) { $0.engagement = planned.engagement.id }
        }
        let (database, agent, id) = (world.server.database, world.agent, planned.engagement.id)
        let plan = try await database.transaction(as: agent, deadline: .patient, readOnly: true) { tx in
            try SuccessPlans(database).plan(
                id, asCustomer: false, .init(objectives: 1, each: 1, touchpoints: 1, withTasks: 1), agent, tx)
        }
        let document = PlanDocument(plan, .en)
        #expect(plan.objectives.count == 1 && plan.objectives.first?.outcomes.count == 1)
        // Objectives, milestones, outcomes, initiatives, the tasks of the one that is shown, values and touchpoints.
        let said = document.rows.filter(\.kind.isEmpty).map(\.title)
        #expect(said.count { $0 == "and 2 more" } >= 4 && said.contains("and 1 more"), "\(said)")
        #expect(said.contains("Earlier measured values are not shown."))
        var page: [UInt8] = []
        try document.write(.html) { page += $0 }
        let text = String(decoding: page, as: UTF8.self)
        for line in Set(said) { #expect(text.components(separatedBy: line).count >= said.count { $0 == line }) }
        // The whole document leaves out the oldest values alone.
        let whole = String(decoding: try await planned.document("html").bytes, as: UTF8.self)
        #expect(whole.contains("Earlier measured values are not shown.") && !whole.contains("more</p>"))
    }

    /// What stands in one form stands in the other, also how much is left out.
    @Test(arguments: [Language.en, .ko]) func bothFormsSayTheSame(_ language: Language) async throws {
        let planned = try await Planned(World())
        var plan = try await planned.plan()
        (plan.objectiveCount, plan.objectives[0].outcomeCount) = (3, 4)
        plan.objectives[0].milestones?.totalSize = 5
        plan.objectives[0].outcomes[0].initiativeCount = 6
        plan.objectives[0].outcomes[0].initiatives[0].tasks?.totalSize = 7
        plan.touchpoints?.totalSize = 8
        plan.objectives[0].outcomes[0].progress?.earlier = true
        plan.objectives[0].objective?.description = "Described <well>"
        let document = PlanDocument(plan, language)
        var bytes: [UInt8] = []
        try document.write(.html) { bytes += $0 }
        let page = String(decoding: bytes, as: UTF8.self)
        #expect(document.rows.count { $0.kind.isEmpty } == 7)
        for row in document.rows {
            let cells = [row.number, row.title, row.state, row.date, row.person, row.trend, row.description]
            let figures = [row.base, row.target, row.current, row.unit, row.percent]
            for cell in cells + figures where !cell.isEmpty {
                let escaped = cell.replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing(
                    "\"", with: "&quot;")
                #expect(page.contains(escaped), "\(cell)")
            }
        }
        for left in [2, 3, 4, 5, 5, 7] {
            #expect(page.contains(language == .en ? "and \(left) more" : "외 \(left)건"))
        }
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
        #expect(rows.first?.contains(heading) == true && rows.count == Int(made.export.rows) + 1)
        #expect(rows[1][0] == kind && rows[1][2].contains(Self.mark))
        // Objective, milestone, outcome, two values, initiative, two tasks, touchpoint.
        #expect(made.export.rows == 9)
        #expect(try await refusal { _ = try await planned.document("pdf") }.violations.map(\.field) == ["format"])
        #expect(try await refusal { _ = try await planned.document("html", "fr") }.code == .invalidArgument)
    }
}
