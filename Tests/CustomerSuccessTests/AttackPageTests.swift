import CustomerSuccessWire
import RPC
import Records
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// The methods that belong to no record, tried by an administrator of another tenant who even bears the victim's name.
@Suite struct AttackPageTests {
    /// The methods that ``AttackTests`` does not try; those of playbooks, recommended actions and health are tried in every
    /// service that has them (`Tests/EveryServiceTests`).
    static let subjects = CustomerSuccess.api.map(\.subject).filter { subject in
        !AttackTests.samples.contains { subject.contains(".\($0.schema.collection).") }
            && !shared.contains { subject.contains(".\($0).") }
    }

    private static let shared = [
        "playbook_runs", "playbook_activities", "playbook_definitions", "playbook_migrations", "activity_definitions",
        "recommended_actions", "action_definitions", "health",
    ]

    /// What the victim has.
    private struct Prey {
        let both: Neighbours
        let impostor: Caller
        let engagement: Engagement
        let objective: SuccessObjective
        let touchpoint: Touchpoint

        init() async throws {
            both = try await Neighbours()
            var impostor = both.attacker
            impostor.subject = both.victim.subject
            self.impostor = impostor
            let world = both.world
            engagement = try await world.make(Engagement.self) { $0.renewalDate = world.day(100) }
            let id = engagement.id
            _ = try await world.make(Engagement.self)
            objective = try await world.make(SuccessObjective.self) { $0.engagement = id }
            touchpoint = try await world.make(Touchpoint.self) { $0.engagement = id }
        }
    }

    @Test(arguments: subjects)
    func itTellsNothingOfAnotherTenant(subject: String) async throws {
        let prey = try await Prey()
        switch subject.split(separator: ".").suffix(2).joined(separator: ".") {
        case "pages.landing": try await landing(prey)
        case "pages.list_card": try await card(prey)
        case "pages.engagement": try await engagementPage(prey)
        case "pages.objective": try await objectivePage(prey)
        case "pages.portal_case", "pages.portal_initiative", "pages.portal_touchpoint", "pages.portal_milestone":
            try await followedWork(prey)
        case "pages.portal": try await firstPage(prey)
        case "measurements.write", "measurements.get", "measurements.list", "measurements.export",
            "measurements.delete":
            try await measurements(prey)
        case "product_usages.get", "product_usages.list": try await usages(prey)
        case "success_plans.get", "success_plans.export": try await plans(prey)
        case "jobs.run_now": try await jobs(prey)
        case "replicas.list", "replicas.rebuild": try await replicas(prey)
        case "exports.read": try await export(prey)
        case "records.find_references": try await references(prey)
        case "records.search": try await search(prey)
        case "records.list_changes": try await changes(prey)
        case "dictionary.describe":
            let told = try await prey.both.world.call(
                CustomerSuccessAPI.describeCustomerSuccess, DescribeRequest(), as: prey.impostor)
            let text = String(decoding: try told.encodeJSON(), as: UTF8.self)
            #expect(text.contains("engagement") && !text.contains(prey.both.world.domain))
        default: Issue.record("nobody says how \(subject) is attacked")
        }
        let world = prey.both.world
        #expect(try await world.get(Engagement.self, prey.engagement.id) == prey.engagement)
        #expect(try await world.get(Touchpoint.self, prey.touchpoint.id) == prey.touchpoint)
        #expect(try await world.list(InternalPlay.self, as: prey.both.victim).totalSize == 0)
    }

    private func changes(_ prey: Prey) async throws {
        let world = prey.both.world
        func found(_ record: String, _ asker: Caller) async throws -> ListChangesResponse {
            var request = ListChangesRequest()
            (request.table, request.fields, request.record) = (Touchpoint.schema.table, ["subject"], record)
            request.since = Timestamp(seconds: 1_500_000_000)
            return try await world.call(CustomerSuccessAPI.listChangesOfCustomerSuccess, request, as: asker)
        }
        #expect(try await !found(prey.touchpoint.id, prey.both.victim).changes.isEmpty)
        for record in ["", prey.touchpoint.id] {
            let told = try await found(record, prey.impostor)
            #expect(told.changes.isEmpty && told.records.isEmpty)
        }
    }

    private func search(_ prey: Prey) async throws {
        let number = try #require(prey.engagement.number)
        for text in [number, prey.engagement.title ?? "", prey.touchpoint.subject ?? ""] {
            var request = SearchRequest()
            request.text = text
            let world = prey.both.world
            let own = try await world.call(
                CustomerSuccessAPI.searchCustomerSuccess, request, as: prey.both.victim)
            #expect(!own.items.isEmpty)
            let theirs = try await world.call(
                CustomerSuccessAPI.searchCustomerSuccess, request, as: prey.impostor)
            #expect(!theirs.items.contains { [prey.engagement.id, prey.touchpoint.id].contains($0.id) })
        }
    }

    private func landing(_ prey: Prey) async throws {
        let request = GetLandingPageRequest()
        let world = prey.both.world
        let own = try await world.call(CustomerSuccessAPI.getLandingPage, request, as: prey.both.victim)
        #expect(own.activeEngagementCount >= 2 && own.cards.first?.count == own.activeEngagementCount)
        // With the snapshots of a day, too.
        _ = try await ScorecardSnapshots(world.server.database).run()
        let page = try await world.call(CustomerSuccessAPI.getLandingPage, request, as: prey.impostor)
        #expect(page.activeEngagements.isEmpty && page.activeEngagementCount == 0)
        for card in page.cards {
            #expect(card.count == 0 && card.contractValues.isEmpty && card.trend.allSatisfy { $0.count == 0 })
        }
    }

    private func card(_ prey: Prey) async throws {
        let world = prey.both.world
        for card in Card.allCases.map(\.rawValue) {
            var request = ListCardEngagementsRequest()
            request.card = card
            request.pageSize = 1
            let ask = request
            let mine = try await world.call(CustomerSuccessAPI.listCardEngagements, ask, as: prey.both.victim)
            let theirs = try await world.call(CustomerSuccessAPI.listCardEngagements, ask, as: prey.impostor)
            #expect(theirs.engagements.isEmpty && theirs.nextPageToken.isEmpty)
            guard !mine.nextPageToken.isEmpty else { continue }
            request.pageToken = mine.nextPageToken
            let next = request
            let problem = try await refusal {
                _ = try await world.call(CustomerSuccessAPI.listCardEngagements, next, as: prey.impostor)
            }
            #expect(problem.violations.map(\.field) == ["page_token"], "\(card)")
        }
    }

    private func engagementPage(_ prey: Prey) async throws {
        for id in [prey.engagement.id, prey.engagement.number ?? ""] {
            var request = GetEngagementPageRequest()
            request.id = id
            let ask = request
            let problem = try await refusal {
                _ = try await prey.both.world.call(CustomerSuccessAPI.getEngagementPage, ask, as: prey.impostor)
            }
            #expect(problem.code == .notFound)
        }
    }

    private func measurements(_ prey: Prey) async throws {
        let world = prey.both.world
        let outcome = try await world.make(SuccessOutcome.self) { $0.successObjective = prey.objective.id }
        _ = try await world.measure([world.value("1", of: outcome, daysAgo: 1)])
        let refused = try await world.measure([world.value("2", of: outcome)], as: prey.impostor)
        #expect(refused.results.map(\.error?.code) == [5])
        let all = try await world.measurements("success_outcome = \"\(outcome.id)\"")
        #expect(all.count == 1)
        #expect(try await world.measurements(as: prey.impostor).allSatisfy { $0.successOutcome != outcome.id })
        var (get, deletion, export) = (GetRequest(), DeleteRequest(), ExportRequest())
        (get.id, deletion.id, export.format) = (all[0].id, all[0].id, "csv")
        export.filter = "success_outcome = \"\(outcome.id)\""
        let (asked, removed, written) = (get, deletion, export)
        for problem in [
            try await refusal { _ = try await world.call(CustomerSuccessAPI.getMeasurement, asked, as: prey.impostor) },
            try await refusal {
                _ = try await world.call(CustomerSuccessAPI.deleteMeasurement, removed, as: prey.impostor)
            },
        ] { #expect(problem.code == .notFound) }
        #expect(try await world.call(CustomerSuccessAPI.exportMeasurements, written, as: prey.impostor).rows == 0)
        #expect(try await world.get(SuccessOutcome.self, outcome.id).currentValue == "1")
    }

    private func usages(_ prey: Prey) async throws {
        let world = prey.both.world
        var value = MeasuredValue()
        (value.soldProduct, value.name, value.value) = (world.product, "logins", "1")
        value.measuredAt = world.moment(daysAgo: 0)
        _ = try await world.measure([value])
        var list = ListRequest()
        list.filter = "sold_product = \"\(world.product)\""
        let usage = try #require(try await world.call(CustomerSuccessAPI.listProductUsages, list).productUsages.first)
        #expect(
            try await world.call(CustomerSuccessAPI.listProductUsages, list, as: prey.impostor).productUsages.isEmpty)
        var get = GetRequest()
        get.id = usage.id
        let asked = get
        let refused = try await refusal {
            _ = try await world.call(CustomerSuccessAPI.getProductUsage, asked, as: prey.impostor)
        }
        #expect(refused.code == .notFound)
    }

    private func plans(_ prey: Prey) async throws {
        for (id, asCustomer) in [(prey.engagement.id, false), (prey.engagement.number ?? "", true)] {
            var (get, export) = (GetSuccessPlanRequest(), ExportSuccessPlanRequest())
            (get.id, get.asCustomer) = (id, asCustomer)
            (export.id, export.asCustomer, export.format) = (id, asCustomer, "html")
            let (asked, written) = (get, export)
            let world = prey.both.world
            #expect(
                try await refusal {
                    _ = try await world.call(CustomerSuccessAPI.getSuccessPlan, asked, as: prey.impostor)
                }.code == .notFound)
            #expect(
                try await refusal {
                    _ = try await world.call(CustomerSuccessAPI.exportSuccessPlan, written, as: prey.impostor)
                }.code == .notFound)
        }
    }

    private func followedWork(_ prey: Prey) async throws {
        let world = prey.both.world
        let (made, initiative) = (try await world.make(SuccessCase.self), try await world.make(SuccessInitiative.self))
        let (touchpoint, milestone) = (
            try await world.make(Touchpoint.self), try await world.make(SuccessMilestone.self)
        )
        let named = [made.number, initiative.number, touchpoint.number, milestone.number].compactMap { $0 }
        for id in [made.id, initiative.id, touchpoint.id, milestone.id] + named {
            var request = GetPortalWorkRequest()
            request.id = id
            let ask = request
            for method in [
                CustomerSuccessAPI.getPortalCase, CustomerSuccessAPI.getPortalInitiative,
                CustomerSuccessAPI.getPortalTouchpoint, CustomerSuccessAPI.getPortalMilestone,
            ] {
                let problem = try await refusal { _ = try await world.call(method, ask, as: prey.impostor) }
                #expect(problem.code == .notFound)
            }
        }
    }

    private func firstPage(_ prey: Prey) async throws {
        let page = try await prey.both.world.call(
            CustomerSuccessAPI.getPortalSuccess, GetPortalSuccessRequest(), as: prey.impostor)
        let lists = [page.engagements, page.touchpoints, page.successCases, page.initiatives, page.milestones]
        #expect(lists.allSatisfy { $0?.items.isEmpty != false && $0?.totalSize ?? 0 == 0 && $0?.allSize ?? 0 == 0 })
    }

    private func objectivePage(_ prey: Prey) async throws {
        for id in [prey.objective.id, prey.objective.number ?? ""] {
            var request = GetObjectivePageRequest()
            request.id = id
            let ask = request
            let problem = try await refusal {
                _ = try await prey.both.world.call(CustomerSuccessAPI.getObjectivePage, ask, as: prey.impostor)
            }
            #expect(problem.code == .notFound)
        }
    }

    /// Every job, over the attacker's own domain only.
    private func jobs(_ prey: Prey) async throws {
        for job in CustomerSuccess.jobs(prey.both.world.server.database, watchesRenewals: true) {
            var request = RunJobRequest()
            request.job = job.name
            let done = try await prey.both.world.call(CustomerSuccessAPI.runJob, request, as: prey.impostor)
            #expect(done.records == 0, "\(job.name)")
        }
    }

    /// Copies are counted in the attacker's own domain only; who rebuilds them learns of no others.
    private func replicas(_ prey: Prey) async throws {
        let world = prey.both.world
        let told = try await world.call(CustomerSuccessAPI.listReplicas, ListReplicasRequest(), as: prey.impostor)
        let rows = try await world.server.admin.run(
            "SELECT count(*) FROM customer_success.customer_contact WHERE domain = \(prey.impostor.domain.path)")
        let own = try #require(try rows.first?.int64(at: 0))
        #expect(own > 0 && told.replicas.first { $0.table == "customer_contact" }?.rows == own)
        var request = RebuildReplicaRequest()
        request.table = "customer_contact"
        let asked = try await world.call(CustomerSuccessAPI.rebuildReplica, request, as: prey.impostor)
        #expect(asked.rows == own && asked.isRebuilding)
    }

    private func export(_ prey: Prey) async throws {
        var request = ExportRequest()
        request.format = "csv"
        let world = prey.both.world
        let file = try await world.call(CustomerSuccessAPI.exportEngagements, request, as: prey.both.victim)
        var chunk = ReadExportRequest()
        chunk.token = file.token
        let ask = chunk
        #expect(
            try await refusal { _ = try await world.call(CustomerSuccessAPI.readExport, ask, as: prey.impostor) }.code
                == .notFound)
    }

    /// Who refers to a record is told to services alone.
    private func references(_ prey: Prey) async throws {
        var record = ReferredRecord()
        record.id = prey.engagement.id
        var request = FindReferencesRequest()
        request.table = Engagement.schema.table
        request.records = [record]
        let ask = request
        let problem = try await refusal {
            _ = try await prey.both.world.call(CustomerSuccessAPI.findReferences, ask, as: prey.impostor)
        }
        #expect(problem.code == .permissionDenied)
    }

    /// A template of one's own, filled for another tenant's record.
    @Test(arguments: [
        "engagement", "success_objective", "success_outcome", "success_initiative", "success_case", "success_task",
        "touchpoint",
    ])
    func noTemplateIsFilledFromAnotherTenantsRecord(table: String) async throws {
        let both = try await Neighbours()
        let template = try await both.next.create(ResponseTemplate.draft(in: both.next), as: both.attacker)
        let type = try #require(allSamples.first { $0.schema.table == table })
        func id<R: Sample>(_ type: R.Type) async throws -> String { try await both.world.make(type).id }
        var request = RenderResponseTemplateRequest()
        request.id = template.id
        request.sourceTable = table
        request.sourceRecord = try await id(type)
        let ask = request
        let problem = try await refusal {
            _ = try await both.world.call(CustomerSuccessAPI.renderResponseTemplate, ask, as: both.attacker)
        }
        #expect(problem.code == .notFound)
    }
}
