import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// The activities that form the teams of a case tell them (G-40, G-41).
@Suite struct PlaybookTeamTests {
    private func told(_ stage: PlaybookStage, _ record: OnboardingCase) async throws -> [TeamMessage] {
        var list = ListRequest()
        list.filter = "onboarding_case = \"\(record.id)\""
        return try await stage.world.call(OnboardingAPI.listTeamMessages, list, as: stage.agent).teamMessages
    }

    /// The activity says who lacks the role that a responsibility needs, and keeps nobody from anything (G-42).
    @Test func theActivityWarnsOfRolesThatAreMissing() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        let contact = try await stage.setUp(record)
        let warned = try await stage.activity(record, "add_responsibilities")
        #expect(warned.state == "done" && warned.warnings.count == 1)
        let warning = try #require(warned.warnings.first)
        #expect(warning.en.hasPrefix("Ida Berg has not been granted the role that Customer onboarding contact needs."))
        #expect(warning.ko.contains("Ida Berg") && warning.ko.contains("고객 온보딩 연락처"))
        #expect(try await stage.activity(record, "add_account_team").warnings.isEmpty)
        func again() async throws -> PlaybookActivity {
            _ = try await stage.world.call(
                OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(warned), as: stage.agent)
            return try await stage.complete(record, "add_responsibilities")
        }
        #expect(try await again().warnings == warned.warnings)
        // Granted, and completed again, there is nothing to warn of.
        let user = try await stage.world.addUser(isCustomer: true)
        _ = try await stage.world.changeContact(contact, as: stage.agent) { $0.user = user.id }
        var grant = CreateRoleGrantRequest()
        grant.roleGrant = RoleGrant()
        grant.roleGrant?.user = user.id
        grant.roleGrant?.role = "sn_customerservice.customer_admin"
        _ = try await stage.world.call(OnboardingAPI.createRoleGrant, grant, as: stage.world.administrator)
        #expect(try await again().warnings.isEmpty)
    }

    /// Responsibilities go to contacts that the activity before has added (3.1).
    @Test func onlyContactsThatWereAddedAreChosen() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.complete(record, "enter_info", stage.info())
        let added = try await stage.complete(
            record, "add_contacts",
            [
                "contacts": PlaybookStage.rows([
                    ["first_name": "Ida", "last_name": "Berg", "email": "\(uuid())@ernst.example"]
                ])
            ])
        let responsibility = OnboardingSeed.responsibility("customer", "Data SME")
        let members = [try #require(added.created.first?.id), stage.world.contact.id].map {
            ["contact": $0, "responsibility": responsibility]
        }
        let refused = try await stage.refusal(
            record, "add_responsibilities", ["members": PlaybookStage.rows(members)])
        #expect(refused.code == .invalidArgument)
        #expect(refused.violations.map(\.field) == ["values.members[1].contact"])
        #expect(refused.text.en.hasPrefix("Row 2: ") && refused.text.en.contains("Add customer team"))
        #expect(try await stage.team(record).isEmpty)
        try await stage.complete(
            record, "add_responsibilities", ["members": PlaybookStage.rows(Array(members.prefix(1)))])
    }

    /// Where nobody is added before, the team is chosen out of the contacts of the account, and out of no others.
    @Test func theCustomerTeamIsOfTheAccount() async throws {
        let stage = try await PlaybookStage()
        let other = try await World(stage.server)
        let record = try await stage.world.openCase { $0.assignedTo = stage.agent.subject }
        _ = try await stage.run(FormChoicesTests.playbook("add_responsibilities"), over: record)
        func members(_ contacts: [String]) throws -> [String: String] {
            let responsibility = OnboardingSeed.responsibility("customer", "Data SME")
            return [
                "members": try PlaybookStage.rows(contacts.map { ["contact": $0, "responsibility": responsibility] })
            ]
        }
        let (own, foreign) = (stage.world.contact.id, other.contact.id)
        let refused = try await stage.refusal(record, "form", try members([own, foreign]))
        #expect(refused.violations.map(\.field) == ["values.members[1].contact"], "\(refused)")
        #expect(try await stage.team(record).isEmpty)
        try await stage.complete(record, "form", try members([own]))
        #expect(try await stage.team(record).map(\.contact) == [own])
    }

    /// Who lacks a responsibility is named; and a row given twice is, though nothing of it is stored yet.
    @Test func whatIsMissingAndWhatIsDoubledIsNamed() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.complete(record, "enter_info", stage.info())
        let people = ["Ida", "Bo"].map {
            ["first_name": $0, "last_name": "Berg", "email": "\($0)\(uuid())@ernst.example"]
        }
        let added = try await stage.complete(record, "add_contacts", ["contacts": PlaybookStage.rows(people)])
        let members = added.created.map {
            ["contact": $0.id, "responsibility": OnboardingSeed.responsibility("customer", "Data SME")]
        }
        let missing = try await stage.refusal(
            record, "add_responsibilities", ["members": PlaybookStage.rows(Array(members.prefix(1)))])
        #expect(missing.violations.map(\.field) == ["values.members"])
        #expect(missing.text.en.contains("Bo Berg") && !missing.text.en.contains("Ida"), "\(missing.text.en)")
        let doubled = try await stage.refusal(
            record, "add_responsibilities", ["members": PlaybookStage.rows(members + [members[0]])])
        #expect(doubled.violations.map(\.field) == ["values.members[2].responsibility"])
        #expect(doubled.text.en.hasPrefix("Row 3: A row above"), "\(doubled.text.en)")
        #expect(try await stage.team(record).isEmpty)
    }

    /// Who has left by then needs no responsibility, and is not added again.
    @Test func contactsWhoHaveLeftNeedNoResponsibility() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.complete(record, "enter_info", stage.info())
        let people = ["Ida", "Bo"].map {
            ["first_name": $0, "last_name": "Berg", "email": "\($0)\(uuid())@ernst.example"]
        }
        let added = try await stage.complete(record, "add_contacts", ["contacts": PlaybookStage.rows(people)])
        let ids = added.created.map(\.id)
        _ = try await stage.world.changeContact(try #require(ids.last), as: stage.agent) { $0.active = false }
        let member = ["contact": ids[0], "responsibility": OnboardingSeed.responsibility("customer", "Data SME")]
        try await stage.complete(record, "add_responsibilities", ["members": PlaybookStage.rows([member])])
        #expect(try await stage.team(record).map(\.contact) == [ids[0]])
        let other = try await stage.begin()
        try await stage.complete(other, "enter_info", stage.info())
        let refused = try await stage.refusal(
            other, "add_contacts", ["contacts": PlaybookStage.rows(Array(people.suffix(1)))])
        #expect(refused.violations.map(\.field) == ["values.contacts[0].email"])
        #expect(refused.text.en.contains("deactivated"))
    }

    /// What is wrong with a row names it, and the column; and nothing of the form is done.
    @Test func whatIsWrongNamesItsRowAndColumn() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.complete(record, "enter_info", stage.info())
        func row(_ name: String, _ email: String) -> [String: String] {
            ["first_name": name, "last_name": "Berg", "email": email]
        }
        let ida = row("Ida", "Ida.\(uuid())@ernst.example")
        for (rows, field, english, korean) in [
            ([ida, row("Bo", "nowhere")], "values.contacts[1].email", "Row 2: ", "2행: "),
            ([ida, row("", "x@ernst.example")], "values.contacts[1].first_name", "Row 2: First name is", "2행: 이름"),
            (
                [ida, row("Bo", "b@ernst.example"), row("Al", ida["email"]?.lowercased() ?? "")],
                "values.contacts[2].email", "Row 3: The address ida.", "3행: "
            ),
            ([ida, ["colour": "red"]], "values.contacts[1].colour", "Row 2: There is no such column.", "2행: "),
        ] {
            let refused = try await stage.refusal(record, "add_contacts", ["contacts": PlaybookStage.rows(rows)])
            #expect(refused.code == .invalidArgument && refused.violations.map(\.field) == [field])
            #expect(refused.text.en.hasPrefix(english), "\(refused.text.en)")
            var caller = stage.agent
            caller.locale = "ko"
            let told = try await stage.refusal(
                record, "add_contacts", ["contacts": PlaybookStage.rows(rows)], as: caller)
            #expect(told.text.ko.hasPrefix(korean), "\(told.text.ko)")
        }
        var list = ListRequest()
        list.filter = "account = \"\(stage.world.account.id)\" AND email = \"\(ida["email"] ?? "")\""
        let contacts = try await stage.world.call(OnboardingAPI.listCustomerContacts, list, as: stage.agent)
        #expect(contacts.customerContacts.isEmpty)
    }

    /// Completed again, all of the account team are told who is in it by then (G-41).
    @Test func eachCompletionTellsAllOfTheAccountTeam() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.setUp(record)
        let activity = try await stage.activity(record, "add_account_team")
        let other = try await stage.world.addUser()
        var members = [
            [
                "responsibility": OnboardingSeed.responsibility("provider", OnboardingSeed.administrator),
                "user": stage.agent.subject,
            ]
        ]
        func again() async throws -> Set<String?> {
            _ = try await stage.world.call(
                OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(activity), as: stage.agent)
            let done = try await stage.complete(
                record, "add_account_team", ["members": PlaybookStage.rows(members)])
            let readers = try await told(stage, record).filter {
                $0.kind == "account_team" && $0.completion == done.completions
            }.map(\.user)
            #expect(Set(readers).count == readers.count)
            return Set(readers)
        }
        #expect(try await again() == [stage.agent.subject])
        members.append([
            "responsibility": OnboardingSeed.responsibility("provider", "Data analyst"), "user": other.id,
        ])
        #expect(try await again() == [stage.agent.subject, other.id])
    }

    @Test func theTeamsAreToldOnceForEachCompletion() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        let contact = try await stage.setUp(record)
        let messages = try await told(stage, record)
        // The contact and the assignee of M1, the one member of the account team of M3; nobody is a key member.
        #expect(
            messages.map(\.kind).sorted { ($0 ?? "") < ($1 ?? "") }
                == ["account_team", "onboarding_contacts", "onboarding_contacts"])
        let contacts = messages.filter { $0.kind == "onboarding_contacts" }
        #expect(Set(contacts.map(\.contact)) == [contact, nil] && contacts.allSatisfy { $0.people == "Ida Berg" })
        let activity = try await stage.activity(record, "add_responsibilities")
        #expect(contacts.allSatisfy { $0.playbookActivity == activity.id && $0.completion == 1 })
        // Opened again and completed again, they are told again, once.
        _ = try await stage.world.call(
            OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(activity), as: stage.agent)
        _ = try await stage.world.call(
            OnboardingAPI.completePlaybookActivity, PlaybookStage.entering(activity, [:]), as: stage.agent)
        let again = try await told(stage, record).filter { $0.completion == 2 }
        #expect(again.map(\.kind) == ["onboarding_contacts", "onboarding_contacts"])
    }

    /// Whoever lacks the role of a responsibility is named, each time it is completed, until the role is granted (G-42).
    @Test func theActivityNamesWhoLacksARole() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.setUp(record)
        let activity = try await stage.activity(record, "add_responsibilities")
        #expect(activity.warnings.count == 1, "\(activity.warnings)")
        for text in [activity.warnings.first?.en, activity.warnings.first?.ko] {
            #expect(text?.contains("Ida Berg") == true, "\(text ?? "")")
        }
        #expect(activity.warnings.first?.ko.contains("‘고객 온보딩 연락처’") == true)
        #expect(try await stage.activity(record, "add_account_team").warnings.isEmpty)
        _ = try await stage.world.call(
            OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(activity), as: stage.agent)
        let again = try await stage.complete(record, "add_responsibilities")
        #expect(again.warnings == activity.warnings)
    }

    /// What is entered may be so new that no event of it has come: its owner is asked.
    @Test func aMemberOfTheSquadIsFoundBeforeItsEventComes() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.setUp(record)
        let squad = try await stage.activity(record, "add_squad")
        _ = try await stage.world.call(
            OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(squad), as: stage.agent)
        let nobody = try await stage.refusal(record, "add_squad", ["squad": "[\"\(uuid())\"]"])
        #expect(nobody.reason == "NO_SUCH_REFERENCE" && nobody.metadata["replica"] == nil, "\(nobody)")
        let member = stage.squads.add(stage.agent.subject, to: stage.world.account)
        try await stage.complete(record, "add_squad", ["squad": "[\"\(member.id)\"]"])
        #expect(try await stage.case(record.id).squad == [member.id])
    }
}
