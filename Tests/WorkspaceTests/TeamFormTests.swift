import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// The form that gives the customer team its responsibilities offers contacts of the account of the case, and of no other.
@Suite struct TeamFormTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"
    private static let account = "018f0000-0000-7000-8000-0000000000bb"

    private static var activity: PlaybookActivity {
        var (members, contact, responsibility) = (ActivityInput(), InputColumn(), InputColumn())
        (contact.key, contact.type, contact.reference) = ("contact", "reference", "customer_contact")
        (responsibility.key, responsibility.type) = ("responsibility", "reference")
        (responsibility.reference, responsibility.referenceFilter) = (
            "responsibility_definition", #"side = "customer""#
        )
        (members.key, members.type, members.columns) = ("members", "rows", [contact, responsibility])
        var activity = PlaybookActivity()
        (activity.id, activity.key, activity.state, activity.applies) = ("act-1", "team", "in_progress", true)
        activity.inputs = [members]
        return activity
    }

    private static var record: OnboardingCase {
        var record = OnboardingCase()
        (record.id, record.number, record.account) = (id, "ALEONB0001001", account)
        return record
    }

    private static let own = #"account = "\#(account)""#

    @Test func contactsOfTheAccountAreOffered() async throws {
        let bench = try Bench(agreeing: Said())
        try await bench.answer(
            "onboarding",
            StandIn.sessions() + [
                Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in
                    var page = OnboardingCasePage()
                    (page.onboardingCase, page.activities, page.stages) = (
                        Self.record, [Self.activity], StagePicker()
                    )
                    page.stages?.stages = [PlaybookStage()]
                    return page
                }
            ])
        let seen = try await Browser(bench, session: "good").get("/cases/ALEONB0001001")
        #expect(seen.text.contains("/choose/customer_contact?filter=\(Fields.encoded(Self.own))\""))
        // What belongs to no account is offered as before.
        let side = Fields.encoded(#"side = "customer""#)
        #expect(seen.text.contains("/choose/responsibility_definition?filter=\(side)\""))
    }

    /// Without a script people are named, and looked for in the account.
    @Test func whoIsNamedIsLookedForInTheAccount() async throws {
        let (bench, said) = (try Bench(agreeing: Said()), Said())
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getPlaybookActivity) { _, _ in Self.activity },
                Endpoint(OnboardingAPI.getOnboardingCase) { _, _ in Self.record },
                Endpoint(OnboardingAPI.listCustomerContacts) { _, request in
                    said.add(request.filter)
                    var (list, contact) = (ListCustomerContactsResponse(), CustomerContact())
                    contact.id = "berit"
                    list.customerContacts = [contact]
                    return list
                },
                Endpoint(OnboardingAPI.completePlaybookActivity) { _, request in
                    said.add(request.values.map { "\($0.input)=\($0.value)" }.joined())
                    return Self.activity
                },
            ])
        let done = try await Browser(bench, session: "good").post(
            "/cases/\(Self.id)/activities/act-1",
            [
                ("csrf", Secrets.proof(of: StandIn.token("good"))), ("do", "complete"),
                ("input-members-0-contact", ""), ("input-members-0-contact-text", "Berit"),
                ("input-members-0-responsibility", "sme"), ("input-members-0-responsibility-text", "Data SME"),
            ])
        #expect(done.status == 303, "\(done.text)")
        #expect(said.texts.count == 2 && said.texts.first?.contains(Self.own) == true, "\(said.texts)")
        #expect(said.texts.last == #"members=[{"contact":"berit","responsibility":"sme"}]"#)
    }
}
