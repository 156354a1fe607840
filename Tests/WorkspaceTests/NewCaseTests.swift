import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// A case is begun by hand, by who may, and once.
@Suite struct NewCaseTests {
    private static let form = [
        ("account", "a-1"), ("account-text", "Ernst Handel"), ("short_description", "Second phase"), ("type", "phased"),
        ("go_live_date", "2026-09-01"),
        ("service_bridge_integration", "not_required"), ("priority", "2"), ("assigned_to", "u-1"),
        ("assigned_to-text", "Ann Agent"), ("once", "once-1"),
    ]

    private func browser(_ said: Said, _ person: SignedIn = .ann()) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(person))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingLandingPage) { _, _ in OnboardingLandingPage() },
                Endpoint(OnboardingAPI.createOnboardingCase) { call, request async throws(Problem) in
                    var made = request.onboardingCase ?? OnboardingCase()
                    said.add(
                        "\(call.requestID ?? "") \(made.account ?? "") \(made.goLiveDate ?? "") \(made.priority ?? 0)")
                    guard made.account == "a-1" else {
                        throw .invalid(
                            field: OnboardingCase.path(.account), Text(en: "Say for whom.", ko: "계정을 입력하세요."))
                    }
                    made.number = "ALEONB0001007"
                    return made
                },
            ])
        return Browser(bench, session: "good")
    }

    @Test func aCaseIsBegun() async throws {
        let said = Said()
        let browser = try await browser(said)
        #expect(try await browser.get("/onboarding").text.contains("href=\"/cases/new\""))
        let page = try await browser.get("/cases/new")
        #expect(page.status == 200 && page.text.contains("value=\"Ann Agent\""))
        #expect(page.text.contains("data-choose=\"/choose/customer_account\""))
        let done = try await browser.post("/cases/new", [("csrf", page.csrf)] + Self.form)
        #expect(done.location == "/cases/ALEONB0001007?done=begun&saved=new")
        #expect(said.texts == ["once-1 a-1 2026-09-01 2"])
    }

    /// Whoever comes from the page of an account does not say again which it is.
    @Test func whatTheAddressSaysStandsInTheForm() async throws {
        let bench = try Bench(agreeing: Said())
        try await bench.answer("onboarding", StandIn.sessions())
        let account = "018f0000-0000-7000-8000-0000000000ac"
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.listCustomerAccounts) { _, _ in
                    var (list, one) = (ListCustomerAccountsResponse(), CustomerAccount())
                    (one.id, one.name) = (account, "Ernst Handel")
                    list.customerAccounts = [one]
                    return list
                }
            ])
        let page = try await Browser(bench, session: "good").get(
            "/cases/new?account=\(account)&state=closed&type=phased")
        #expect(page.text.contains("value=\"Ernst Handel\"") && page.text.contains("value=\"\(account)\""))
        #expect(page.text.contains("<option value=\"phased\" selected>") && page.text.contains("value=\"Ann Agent\""))
    }

    /// What is refused stands at its field with everything that was typed, under the same request id.
    @Test func whatIsRefusedStandsOnTheForm() async throws {
        let browser = try await browser(Said())
        let csrf = try await browser.get("/cases/new").csrf
        let wrong = Self.form.map { ($0.0, $0.0 == "account" ? "a-2" : $0.1) }
        let page = try await browser.post("/cases/new", [("csrf", csrf)] + wrong)
        #expect(page.status == 422 && page.text.contains("Say for whom.") && page.text.contains("Second phase"))
        #expect(page.text.contains("name=\"once\" value=\"once-1\""))
    }

    @Test func whoMayNotBeginOneHasNoSuchPage() async throws {
        var reader = SignedIn.ann()
        reader.roles = ["sn_acct_lc.onboarding_case_read"]
        for person in [reader, .ann(accounts: ["a"])] {
            let said = Said()
            let browser = try await browser(said, person)
            let page = try await browser.get("/cases/new")
            #expect(page.status == 404)
            #expect(!(try await browser.get("/onboarding").text.contains("/cases/new")))
            let done = try await browser.post("/cases/new", [("csrf", page.csrf)] + Self.form)
            #expect(done.status == 404 && said.texts.isEmpty)
        }
    }
}
