import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Roles that are granted and revoked, with the reason why not; choices that are ordered, named and switched off.
@Suite struct UserPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000dd"
    private static let address = "/administration/users/\(id)"

    private func browser(
        _ roles: [String] = ["admin"], account: String? = nil, language: String = "en", _ onboarding: [Endpoint] = [],
        _ plays: [Endpoint] = []
    ) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        (ann.roles, ann.language) = (roles, language)
        let stored = [
            Endpoint(OnboardingAPI.getUser) { _, request async throws(Problem) in
                guard request.id == Self.id else { throw .notFound(User.schema.label, id: request.id) }
                var user = User()
                (user.id, user.name, user.email) = (Self.id, "Sam <Success>", "sam@provider.example")
                user.account = account
                return user
            },
            Endpoint(OnboardingAPI.listRoleGrants) { _, request in
                var grant = RoleGrant()
                (grant.id, grant.user, grant.role) = ("grant-1", Self.id, "sn_acct_lc.ale_success_agent")
                var list = ListRoleGrantsResponse()
                list.roleGrants = request.filter.contains(Self.id) ? [grant] : []
                return list
            },
        ]
        try await bench.answer("onboarding", StandIn.sessions(ann) + stored + onboarding)
        try await bench.answer("play-launcher", plays)
        return Browser(bench, session: "good")
    }

    @Test func rolesAreShownWithWhatTheyContain() async throws {
        let seen = try await browser().get(Self.address)
        for text in [
            "Sam &lt;Success&gt;", "<b>sn_acct_lc.ale_success_agent</b>", "sn_acct_lc.engagement_write",
            "/grants/grant-1/revoke", "/administration/rights?user=\(Self.id)", "/people/\(Self.id)/invite",
            "<option value=\"sn_acct_lc.agent\">",
        ] { #expect(seen.text.contains(text), "\(text)") }
        // Nobody gets a role of customers beside one of the provider, nor one twice.
        #expect(!seen.text.contains("<option value=\"sn_customerservice.customer\">"))
        #expect(!seen.text.contains("<option value=\"sn_acct_lc.ale_success_agent\">"))
        let customer = try await browser(account: "account-1").get(Self.address)
        #expect(customer.text.contains("<option value=\"sn_customerservice.customer\">"))
        #expect(!customer.text.contains("<option value=\"sn_acct_lc.agent\">"))
        #expect(try await browser(["sn_acct_lc.touchpoint_read"]).get(Self.address).status == 404)
        #expect(try await browser().get("/administration/users/none").status == 404)
    }

    /// What a role is for is said where it is granted and where it is held, in the language of the reader.
    @Test func whatARoleIsForIsSaid() async throws {
        let (held, offered) = try (
            #require(RoleCatalog.role(named: "sn_acct_lc.ale_success_agent")),
            #require(RoleCatalog.role(named: "sn_acct_lc.agent"))
        )
        let english = try await browser().get(Self.address).text
        #expect(english.contains(held.description) && english.contains("sn_acct_lc.agent: \(offered.description)"))
        let korean = try await browser(language: "ko").get(Self.address).text
        #expect(korean.contains(held.descriptionKo) && korean.contains("sn_acct_lc.agent: \(offered.descriptionKo)"))
        #expect(!korean.contains(held.description))
        // Whoever hears the page hears it in its own language.
        #expect(korean.contains("<html lang=\"ko\">") && korean.contains("<span class=\"small quiet block\">"))
    }

    /// Who is not to come in any more is deactivated as the user is seen, and let in again; nobody deactivates oneself.
    @Test func aUserIsDeactivatedAndTakenBack() async throws {
        let said = Said()
        let update = Endpoint(OnboardingAPI.updateUser) { _, request in
            let user = request.user ?? User()
            said.add("\(user.id) \(user.etag) \(user.active ?? false) \(request.updateMask?.paths ?? [])")
            var after = User()
            (after.id, after.etag) = (Self.id, "8")
            return after
        }
        let browser = try await browser(["admin"], [update])
        let page = try await browser.get(Self.address)
        #expect(
            page.text.contains("action=\"\(Self.address)/active\"") && page.text.contains("value=\"off\">Deactivate"))
        let done = try await browser.post(
            "\(Self.address)/active", [("csrf", page.csrf), ("etag", "7"), ("to", "off")])
        let undo = "\(Self.address)/active?to=on&etag=8"
        #expect(done.location == "\(Self.address)?done=changed&undo=\(Fields.encoded(undo))")
        _ = try await browser.post(undo, [("csrf", page.csrf)])
        #expect(said.texts == ["\(Self.id) 7 false [\"active\"]", "\(Self.id) 8 true [\"active\"]"])
        let reader = try await self.browser(["sn_acct_lc.agent"]).get(Self.address)
        #expect(!reader.text.contains("\(Self.address)/active"))
    }

    /// What is granted can be revoked at once, and what is revoked granted again; why something is not is said.
    @Test func rolesAreGrantedAndRevoked() async throws {
        let said = Said()
        let create = Endpoint(OnboardingAPI.createRoleGrant) { _, request async throws(Problem) in
            var grant = request.roleGrant ?? RoleGrant()
            said.add("grant \(grant.user ?? "") \(grant.role ?? "")")
            guard grant.role != "sn_customerservice.customer" else {
                throw .invalid(
                    field: "role_grant.role",
                    Text(en: "Roles of customers go to users with an account.", ko: "고객 역할입니다."), rule: "G-18")
            }
            grant.id = "grant-2"
            return grant
        }
        let delete = Endpoint(OnboardingAPI.deleteRoleGrant) { _, request in
            said.add("revoke \(request.id)")
            return Empty()
        }
        let browser = try await browser(["admin"], [create, delete])
        let page = try await browser.get(Self.address)
        let csrf = ("csrf", page.csrf)
        let done = try await browser.post("\(Self.address)/grants", [csrf, ("role", "sn_acct_lc.agent")])
        let undo = Fields.encoded("\(Self.address)/grants/grant-2/revoke")
        #expect(done.location == "\(Self.address)?done=granted&undo=\(undo)")
        let refused = try await browser.post("\(Self.address)/grants", [csrf, ("role", "sn_customerservice.customer")])
        #expect(refused.status == 422)
        #expect(refused.text.contains("id=\"role-wrong\">Roles of customers go to users with an account."))
        let gone = try await browser.post("\(Self.address)/grants/grant-1/revoke", [csrf])
        let again = "\(Self.address)/grants/again?role=sn_acct_lc.ale_success_agent"
        #expect(gone.location == "\(Self.address)?done=revoked&undo=\(Fields.encoded(again))")
        #expect(try await browser.post(again, [csrf]).location == "\(Self.address)?done=restored")
        // A grant of somebody else is none of this page.
        #expect(try await browser.post("\(Self.address)/grants/grant-9/revoke", [csrf]).status == 404)
        #expect(
            said.texts == [
                "grant \(Self.id) sn_acct_lc.agent", "grant \(Self.id) sn_customerservice.customer", "revoke grant-1",
                "grant \(Self.id) sn_acct_lc.ale_success_agent",
            ], "\(said.texts)")
    }

    // MARK: Choices

    private static let list = Endpoint(PlayLauncherAPI.listAleChoices) { _, _ in
        var (category, below) = (AleChoice(), AleChoice())
        (category.id, category.etag, category.name, category.order) = ("c-1", "1", "Success planning", 100)
        (category.nameKo, category.active) = ("성공 계획", true)
        (below.id, below.etag, below.name, below.dependentCategory) = ("c-2", "7", "Adop<tion>", "c-1")
        below.active = false
        var list = ListAleChoicesResponse()
        list.aleChoices = [category, below]
        return list
    }

    /// Only rows that were changed are written, each with what the form has seen; what is refused stands at its field.
    @Test func choicesAreChangedTogether() async throws {
        let said = Said()
        let update = Endpoint(PlayLauncherAPI.updateAleChoice) { _, request async throws(Problem) in
            let choice = request.aleChoice ?? AleChoice()
            said.add("\(choice.id) \(choice.etag) \(request.updateMask?.paths ?? []) \(choice.active ?? false)")
            guard choice.name != "Twice" else {
                throw .invalid(field: "ale_choice.name", Text(en: "There is one already.", ko: "이미 있습니다."))
            }
            return choice
        }
        let browser = try await browser(["admin"], [], [Self.list, update])
        let page = try await browser.get("/administration/choices")
        for text in ["Adop&lt;tion&gt;", "value=\"성공 계획\"", "name=\"etag-c-2\" value=\"7\"", "Switched off"] {
            #expect(page.text.contains(text), "\(text)")
        }
        func post(_ name: String) async throws -> Bench.Seen {
            try await browser.post(
                "/administration/choices",
                [
                    ("csrf", page.csrf), ("etag-c-1", "1"), ("was-name-c-1", "Success planning"),
                    ("name-c-1", "Success planning"), ("was-active-c-1", "true"), ("active-c-1", "true"),
                    ("etag-c-2", "7"), ("was-name-c-2", "Adop<tion>"), ("name-c-2", name), ("was-active-c-2", ""),
                    ("active-c-2", "true"),
                ])
        }
        #expect(try await post("Adoption").location == "/administration/choices?done=saved&saved=edit")
        let refused = try await post("Twice")
        #expect(refused.status == 422 && refused.text.contains("id=\"name-c-2-wrong\">There is one already."))
        #expect(refused.text.contains("value=\"Twice\"") && refused.text.contains("href=\"#name-c-2\""))
        #expect(said.texts == Array(repeating: "c-2 7 [\"name\", \"active\"] true", count: 2), "\(said.texts)")
        #expect(try await self.browser(["sn_acct_lc.agent"]).get("/administration/choices").status == 404)
    }

    @Test func choicesAreAddedAndRemoved() async throws {
        let said = Said()
        let create = Endpoint(PlayLauncherAPI.createAleChoice) { _, request in
            let choice = request.aleChoice ?? AleChoice()
            said.add(
                "\(choice.name ?? "") \(choice.nameKo ?? "") \(choice.order ?? 0) \(choice.dependentCategory ?? "")")
            return choice
        }
        let delete = Endpoint(PlayLauncherAPI.deleteAleChoice) { _, request async throws(Problem) in
            guard request.id != "c-1" else {
                throw .failedPrecondition(rule: "G-73", Text(en: "The category is in use.", ko: "사용 중인 범주입니다."))
            }
            said.add("remove \(request.id)")
            return Empty()
        }
        let browser = try await browser(["admin"], [], [Self.list, create, delete])
        let page = try await browser.get("/administration/choices")
        let made = try await browser.post(
            "/administration/choices/new",
            [
                ("csrf", page.csrf), ("name-new", "Value"), ("name_ko-new", "가치"), ("order-new", "300"),
                ("dependent_category-new", "c-1"),
            ])
        #expect(made.location == "/administration/choices?done=created&saved=edit")
        let wrong = try await browser.post(
            "/administration/choices/new", [("csrf", page.csrf), ("name-new", "Value"), ("order-new", "many")])
        #expect(wrong.status == 422 && wrong.text.contains("This is no number."))
        let used = try await browser.post("/administration/choices/c-1/remove", [("csrf", page.csrf)])
        #expect(used.status == 409 && used.text.contains("The category is in use."))
        _ = try await browser.post("/administration/choices/c-2/remove", [("csrf", page.csrf)])
        #expect(said.texts == ["Value 가치 300 c-1", "remove c-2"])
    }
}
