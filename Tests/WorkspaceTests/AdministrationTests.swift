import OnboardingWire
import PlayLauncherWire
import RPC
import RecommendedActionsWire
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Pages of administration: what is defined, who may do what, recommended actions.
@Suite struct AdministrationTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"

    private func browser(
        _ roles: [String], onboarding: [Endpoint] = [], plays: [Endpoint] = []
    ) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann) + onboarding)
        try await bench.answer("play-launcher", plays)
        return Browser(bench, session: "good")
    }

    @Test func whatIsDefinedIsListedForWhoMaySeeIt() async throws {
        let all = try await browser(["admin"]).get("/administration")
        for text in [
            "href=\"/lists/role_grant\"", "href=\"/lists/definition_record\"", "href=\"/lists/import_builder\"",
            "href=\"/administration/rights\"", "href=\"/playbooks\"", "href=\"/administration/domains\"",
            "href=\"/administration/checks\"", "href=\"/people\"",
        ] { #expect(all.text.contains(text), "\(text)") }
        let some = try await browser(["sn_acct_lc.definition_record_write"], plays: []).get("/administration")
        #expect(!some.text.contains("href=\"/lists/role_grant\"") && !some.text.contains("/administration/domains"))
    }

    /// How the system is has one page, to which this one leads; jobs are run there alone.
    @Test func howTheSystemIsHasOnePage() async throws {
        let all = try await browser(["admin"]).get("/administration")
        #expect(all.text.contains("href=\"\(HealthPages.href)\"") && !all.text.contains("name=\"job\""))
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let job = [("csrf", csrf), ("job", "customer-success renewal-dates")]
        #expect(try await browser(["admin"]).post("/administration/jobs", job).status == 404)
        let some = try await browser(["sn_acct_lc.definition_record_write"]).get("/administration")
        #expect(!some.text.contains("/administration/health"))
    }

    @Test func whoDefinesNothingFindsNothing() async throws {
        let browser = try await browser(["sn_acct_lc.touchpoint_read"])
        for path in ["/administration", "/administration/rights", "/administration/domains"] {
            #expect(try await browser.get(path).status == 404, "\(path)")
        }
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let job = [("csrf", csrf), ("job", "customer-success renewal-dates")]
        #expect(try await browser.post("/administration/health", job).status == 404)
        #expect(!(try await browser.get("/search").text.contains("href=\"/administration\"")))
    }

    /// The answer names the rule, the role that it names, and the granted role that contains it.
    @Test func whySomebodyMayIsSaid() async throws {
        let said = Said()
        let browser = try await browser(
            ["admin"],
            onboarding: [
                Endpoint(OnboardingAPI.listUsers) { _, _ in
                    var user = User()
                    (user.id, user.name) = (Self.id, "Sam Success")
                    var list = ListUsersResponse()
                    list.users = [user]
                    return list
                },
                Endpoint(OnboardingAPI.listRoleGrants) { _, request in
                    said.add(request.filter)
                    var grant = RoleGrant()
                    grant.role = "sn_acct_lc.ale_success_agent"
                    var list = ListRoleGrantsResponse()
                    list.roleGrants = [grant]
                    return list
                },
            ])
        let seen = try await browser.get("/administration/rights?user=&user-text=Sam&table=engagement")
        for text in [
            "value=\"Sam Success\"", "sn_acct_lc.ale_success_agent › sn_acct_lc.engagement_write · ACL-65",
            "<td class=\"wide\">Engagement <span class=\"small quiet\">engagement</span>",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(said.texts == ["user = \"\(Self.id)\""])
        let role = try await browser.get("/administration/rights?role=sn_acct_lc.touchpoint_read&table=engagement")
        #expect(role.text.contains("class=\"quiet\">No") && !role.text.contains("<b>Yes"))
    }

    /// Of a table by itself it is said which roles may, and by which rule; and what rules there are of its fields (G-24).
    @Test func whoMayIsAskedOfATable() async throws {
        let browser = try await browser(["admin"])
        let seen = try await browser.get("/administration/rights?table=onboarding_case").text
        let rows = seen.matches(of: #/(?s)<tr data-row>.*?<\/tr>/#).map { String($0.output) }
        let agent = try #require(rows.first { $0.contains("<td class=\"wide\">sn_acct_lc.agent ") })
        #expect(agent.contains("sn_acct_lc.agent · ACL-66") && agent.matches(of: #/<b>Yes/#).count == 4)
        let reader = try #require(rows.first { $0.contains(">process_automation_designer ") })
        #expect(reader.contains("D-124") && reader.matches(of: #/<b>Yes/#).count == 2)
        #expect(rows.contains { $0.contains("<td class=\"wide\">admin ") })
        #expect(!rows.contains { $0.contains("sn_acct_lc.touchpoint_read ") }, "who may nothing is no answer")
        for text in ["<th scope=\"col\">Role</th>", "Rules of single fields", " · ACL-53"] {
            #expect(seen.contains(text), "\(text)")
        }
        let nothing = try await browser.get("/administration/rights").text
        #expect(!nothing.contains("data-row") && !nothing.contains("Rules of single fields"))
    }

    /// A part of recommended actions is checked before it is saved; what is no JSON is said at the field, and nothing is lost.
    @Test func recommendedActionsAreCheckedAndSaved() async throws {
        let said = Said()
        let browser = try await browser(
            ["admin"],
            onboarding: [
                Endpoint(OnboardingAPI.listActionDefinitions) { _, _ in
                    var list = ListActionDefinitionsResponse()
                    list.actionDefinitions = [Self.part]
                    return list
                },
                Endpoint(OnboardingAPI.getActionDefinition) { _, _ in Self.part },
                Endpoint(OnboardingAPI.validateActionDefinition) { _, request in
                    var (fault, text) = (ActionFault(), ActionText())
                    text.en = "There is no such context."
                    (fault.field, fault.message) = ("rule.context", text)
                    var answer = ValidateActionDefinitionResponse()
                    answer.faults = [fault]
                    return answer
                },
                Endpoint(OnboardingAPI.updateActionDefinition) { _, request in
                    let part = request.actionDefinition ?? ActionDefinition()
                    said.add("\(part.id) \(part.etag) \(part.rule?.condition ?? "")")
                    return Self.part
                },
            ])
        let list = try await browser.get("/administration/actions")
        let address = "/administration/actions/onboarding/\(Self.id)"
        for text in ["href=\"\(address)\"", "Install &lt;it&gt;", "A part of the system is away"] {
            #expect(list.text.contains(text), "\(text)")
        }
        let page = try await browser.get(address)
        #expect(page.text.contains("&quot;condition&quot; : &quot;state = 1&quot;") || page.text.contains("state = 1"))
        func post(_ what: String, _ text: String) async throws -> Bench.Seen {
            try await browser.post(
                address, [("csrf", page.csrf), ("etag", "7"), ("do", what), ("definition", text)])
        }
        let typed = "{\"key\": \"install\", \"rule\": {\"condition\": \"state = 2\"}}"
        let checked = try await post("check", typed)
        #expect(checked.status == 200 && said.texts.isEmpty)
        #expect(checked.text.contains("There is no such context.") && checked.text.contains("state = 2"))
        let wrong = try await post("save", "{nonsense")
        #expect(
            wrong.status == 422 && wrong.text.contains("{nonsense") && wrong.text.contains("id=\"definition-wrong\""))
        #expect(try await post("save", typed).location == "\(address)?done=saved&saved=edit")
        #expect(said.texts == ["\(Self.id) 7 state = 2"])
        #expect(try await browser.get("/administration/actions/notifier/\(Self.id)").status == 404)
    }

    private static var part: ActionDefinition {
        var (part, label, rule) = (ActionDefinition(), ActionText(), ActionRule())
        label.en = "Install <it>"
        rule.condition = "state = 1"
        (part.id, part.etag, part.key, part.kind, part.label, part.rule) = (id, "7", "install", "rule", label, rule)
        return part
    }
}
