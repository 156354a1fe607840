import CustomerSuccessWire
import OnboardingWire
import PlaybooksWire
import RPC
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// What the forms of activities name and offer comes with the pages of a case and a task (ADR 0059).
@Suite struct FormChoicesTests {
    private func page(_ id: String, _ world: World, as caller: Caller? = nil) async throws -> OnboardingCasePage {
        var request = GetOnboardingCasePageRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getOnboardingCasePage, request, as: caller ?? world.agent)
    }

    private func product(_ name: String, of world: World) async throws -> SoldProduct {
        var (request, product) = (CreateSoldProductRequest(), SoldProduct())
        (product.account, product.name) = (world.account.id, name)
        request.soldProduct = product
        return try await world.call(OnboardingAPI.createSoldProduct, request, as: world.administrator)
    }

    /// A playbook of one activity.
    static func playbook(_ kind: String) -> String {
        """
        table: onboarding_case
        label: {en: One form, ko: 양식 하나}
        lanes:
          - key: work
            label: {en: Work, ko: 작업}
            activities:
              - key: form
                kind: \(kind)
                label: {en: Form, ko: 양식}
                description: {en: Fill it in., ko: 입력하세요.}
                start: {when: with_lane}
        """
    }

    private static func records(_ page: OnboardingCasePage, _ table: String, offered: Bool) -> [NamedRecord] {
        page.formRecords.filter { $0.table == table && $0.offered == offered }.flatMap(\.records)
    }

    /// A reference by its name, a list by what it offers: of what belongs to accounts that of the account, by name, without
    /// who has left.
    @Test func whatFormsNameAndOfferIsOfTheAccount() async throws {
        let stage = try await PlaybookStage()
        let (world, other) = (stage.world, try await World(stage.server))
        let (second, first) = (try await product("Bridge", of: world), try await product("Analytics", of: world))
        _ = try await product("Theirs", of: other)
        let record = try await world.openCase { $0.assignedTo = world.agent.subject }
        _ = try await stage.run(Self.playbook("enter_info"), over: record)
        let begun = try await page(record.id, world)
        #expect(Self.records(begun, "user", offered: false).map(\.name) == ["Ann Agent"])
        #expect(Self.records(begun, "sold_product", offered: true).map(\.id) == [first.id, second.id])
        #expect(Self.records(begun, "sold_product", offered: true).map(\.name) == ["Analytics", "Bridge"])
        // Whoever reads the case, but neither products nor users, is told none of them.
        let designer = try World.person(uuid(), "process_automation_designer")
        let seen = try await page(record.id, world, as: designer)
        #expect(seen.formRecords.flatMap(\.records).isEmpty)
    }

    /// Rows are about what the other activities have made: the form that names it comes with its names before anything is entered.
    @Test func whatHasBeenMadeIsNamedForRows() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        func contacts() async throws -> [NamedRecord] {
            Self.records(try await page(record.id, stage.world), "customer_contact", offered: false)
        }
        #expect(try await contacts().isEmpty)
        try await stage.complete(
            record, "enter_info",
            [
                "assigned_to": stage.agent.subject, "service_bridge_integration": "not_required", "type": "full",
                "go_live_date": "2028-06-30",
            ])
        let rows = ["Ida", "Udo"].map { ["first_name": $0, "last_name": "Berg", "email": "\(uuid())@ernst.example"] }
        let added = try await stage.complete(record, "add_contacts", ["contacts": PlaybookStage.rows(rows)])
        let named = try await contacts()
        #expect(
            Set(named.map(\.id)) == Set(added.created.map(\.id)) && Set(named.map(\.name)) == ["Ida Berg", "Udo Berg"])
    }

    /// Members of the squad are called as the people they are; those of another account and those who have left are not
    /// offered.
    @Test func membersOfTheSquadAreCalledByTheirUsers() async throws {
        let stage = try await PlaybookStage()
        let (world, other) = (stage.world, try await World(stage.server))
        let user = try await world.addUser()
        var members: [SquadMember] = []
        for (account, isActive) in [(world.account, true), (world.account, false), (other.account, true)] {
            var member = SquadMember()
            (member.id, member.domain, member.account, member.user) = (uuid(), account.domain, account.id, user.id)
            member.responsibility = OnboardingSeed.responsibility("squad", "Architect")
            member.active = isActive
            try await world.server.hear(member, "created", revision: 1, from: "customer-success")
            members.append(member)
        }
        let record = try await world.openCase()
        _ = try await stage.run(Self.playbook("add_squad"), over: record)
        let page = try await page(record.id, world)
        let offered = Self.records(page, "squad_member", offered: true)
        #expect(offered.map(\.id) == [members[0].id])
        #expect(offered.map(\.name) == [user.name])
    }
}
