import OnboardingWire
import RPC
import Synchronization
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Links of e-mails, one's own settings, and whom one invites.
@Suite struct PersonTests {
    private static let secret = String(repeating: "s", count: 43)

    private func browser(_ endpoints: [Endpoint], _ person: SignedIn = .ann(), renewals: Counter = Counter())
        async throws
        -> Browser
    {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(person, renewals: renewals))
        try await bench.answer("onboarding", endpoints)
        return Browser(bench, session: "good")
    }

    // MARK: Links

    /// The secret of a link is in no address: it is posted, by the script or by whoever pastes the link.
    @Test(arguments: ["invitation", "reset"]) func theSecretOfALinkIsPosted(kind: String) async throws {
        let bench = try Bench()
        let (opened, used) = (Said(), Said())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.openInvitation, access: .anonymous) { _, request async throws(Problem) in
                    opened.add(request.secret)
                    guard request.secret == Self.secret else { throw .unauthenticated(reason: "LINK_INVALID") }
                    var invited = OpenedInvitation()
                    invited.displayName = "Ann Agent"
                    return invited
                },
                Endpoint(OnboardingAPI.acceptInvitation, access: .anonymous) { _, request in
                    used.add(request.secret + request.password)
                    return Empty()
                },
                Endpoint(OnboardingAPI.resetPassword, access: .anonymous) { _, request in
                    used.add(request.secret + request.password)
                    return Empty()
                },
            ])
        let browser = Browser(bench)
        let page = try await browser.get("/\(kind)")
        #expect(page.status == 200 && page.text.contains("data-secret") && opened.texts.isEmpty)
        let link = "https://workspace.example/\(kind)#\(Self.secret)"
        for fields in [[("secret", Self.secret)], [("secret", ""), ("link", link)], [("link", Self.secret)]] {
            let seen = try await browser.post("/\(kind)/open", [("csrf", page.csrf)] + fields)
            #expect(seen.status == 200 && seen.text.contains("autocomplete=\"new-password\""))
            #expect(opened.texts.last == Self.secret)
        }
        let over = try await browser.post("/\(kind)/open", [("csrf", page.csrf), ("secret", "x")])
        #expect(over.status == 401 && !over.text.contains("new-password"))
        #expect(try await browser.post("/\(kind)/open", [("secret", Self.secret)]).status == 403)
        #expect(try await browser.get("/\(kind)/open").location == "/\(kind)")
        for path in ["/invitations/\(Self.secret)", "/passwords/\(Self.secret)"] {
            #expect(try await browser.get(path).status == 404)
        }
        let done = try await browser.post(
            "/\(kind)", [("csrf", page.csrf), ("secret", Self.secret), ("password", " a quiet lake ")])
        #expect(done.status == 303 && !done.location.contains(Self.secret))
        #expect(used.texts == [Self.secret + " a quiet lake "])
    }

    // MARK: Oneself

    @Test func languageAndTimeZoneAreChanged() async throws {
        let (asked, renewals) = (Said(), Counter())
        let browser = try await browser(
            [
                Endpoint(OnboardingAPI.listSessions) { _, _ in ListSessionsResponse() },
                Endpoint(OnboardingAPI.changePreferences) { _, request async throws(Problem) in
                    asked.add("\(request.language) \(request.timeZone)")
                    guard request.timeZone != "Nowhere/City" else {
                        throw .invalid(
                            field: ChangePreferencesRequest.Field.timeZone,
                            Text(en: "No such time zone.", ko: "없는 시간대입니다."))
                    }
                    var preferences = Preferences()
                    (preferences.language, preferences.timeZone) = (request.language, request.timeZone)
                    return preferences
                },
            ], renewals: renewals)
        let page = try await browser.get("/person")
        #expect(page.text.contains("<option value=\"Asia/Seoul\" selected>"))
        func post(_ zone: String) async throws -> Bench.Seen {
            try await browser.post("/person", [("csrf", page.csrf), ("language", "ko"), ("time_zone", zone)])
        }
        let refused = try await post("Nowhere/City")
        #expect(refused.status == 422 && refused.text.contains("No such time zone."))
        let before = renewals.value
        let done = try await post("Europe/Vienna")
        #expect(done.status == 303 && asked.texts.last == "ko Europe/Vienna")
        #expect(browser.cookies["ale_language"] == "ko")
        // What was known of the person is asked for anew.
        _ = try await browser.get("/person")
        #expect(renewals.value == before + 1)
    }

    // MARK: Inviting

    private static func invitee(_ name: String, _ state: String) -> Invitee {
        var invitee = Invitee()
        (invitee.user, invitee.name, invitee.state) = ("018f0000-0000-7000-8000-0000000000cc", name, state)
        return invitee
    }

    private static func inviting(_ asked: Said, refuses: Bool = false) -> [Endpoint] {
        [
            Endpoint(OnboardingAPI.listInvitees) { _, request in
                asked.add("list \(request.account) \(request.text)")
                var answer = ListInviteesResponse()
                answer.people = [
                    invitee("Adam New", "not_invited"), invitee("Cai Member", "has_password"),
                    invitee("Dan Roleless", "without_role"),
                ]
                return answer
            },
            Endpoint(OnboardingAPI.createInvitation) { _, request async throws(Problem) in
                asked.add("invite \(request.user)")
                guard !refuses else {
                    throw .failedPrecondition(
                        rule: "CANNOT_SIGN_IN", Text(en: "Grant a role first.", ko: "먼저 역할을 부여하세요."))
                }
                return SignInLink()
            },
        ]
    }

    @Test(arguments: [[], ["account"]]) func whoMayInvitesFromThePage(accounts: [String]) async throws {
        var person = SignedIn.ann(accounts: accounts)
        person.roles = [accounts.isEmpty ? "admin" : "sn_customerservice.customer_admin"]
        let asked = Said()
        let browser = try await browser(Self.inviting(asked), person)
        let page = try await browser.get("/people?text=a")
        #expect(page.status == 200 && page.text.contains("Adam New") && page.text.contains("href=\"/people\""))
        #expect(asked.texts == ["list  a"])
        // Who has a password or no role is not invited.
        #expect(page.text.matches(of: #/action="\/people\/[^"]*\/invite"/#).count == 1)
        let done = try await browser.post(
            "/people/018f0000-0000-7000-8000-0000000000cc/invite", [("csrf", page.csrf), ("back", "/people?text=a")])
        #expect(done.location == "/people?text=a&done=invited")
        #expect(asked.texts.last == "invite 018f0000-0000-7000-8000-0000000000cc")
    }

    @Test func whatIsRefusedStandsOnThePage() async throws {
        let asked = Said()
        let browser = try await browser(Self.inviting(asked, refuses: true))
        let page = try await browser.get("/people")
        let seen = try await browser.post(
            "/people/018f0000-0000-7000-8000-0000000000cc/invite", [("csrf", page.csrf), ("back", "/people?text=a")])
        #expect(seen.status == 409 && seen.text.contains("Grant a role first.") && asked.texts.last == "list  a")
        // To whom it is not offered the navigation does not lead there.
        #expect(!page.text.contains("href=\"/people\""))
    }
}
