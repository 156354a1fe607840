import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// The tree of domains: who stands where, one more, another name and its undo, and why something is not.
@Suite struct DomainPageTests {
    private static let path = "/provider/d0000001/"
    private static let address = DomainPages.href(path)

    private static func domain(_ path: String, _ name: String, _ isActive: Bool = true) -> Domain {
        var domain = Domain()
        domain.id = path.replacing("/", with: "-")
        (domain.path, domain.name, domain.active, domain.etag) = (path, name, isActive, "4")
        domain.parent = DomainView.above(path).last
        return domain
    }

    private static let all = [
        domain("/provider/", "Provider"), domain(path, "Ernst <Handel>"),
        domain("\(path)d0000002/", "Branch", false),
    ]

    private static let described = Endpoint(OnboardingAPI.describeOnboarding) { _, _ in
        var table = TableDescription()
        table.operations = ["read", "create", "write", "delete"]
        table.fields = Domain.schema.fields.map { field in
            var told = FieldDescription()
            (told.name, told.writable, told.createOnly) = (field.name, !field.outputOnly, field.name == "parent")
            return told
        }
        var answer = DescribeResponse()
        answer.tables = [table]
        return answer
    }

    /// What the filters of the page ask for.
    private static let stored = [
        described,
        Endpoint(OnboardingAPI.listDomains) { _, request in
            var list = ListDomainsResponse()
            list.domains = all.filter {
                request.filter.contains("parent = \"\($0.parent ?? "")\"")
                    || request.filter.contains("path = \"\($0.path ?? "")\"")
            }
            if request.count { list.totalSize = Int64(list.domains.count) }
            return list
        },
        Endpoint(OnboardingAPI.listCustomerAccounts) { _, request in
            var (list, account) = (ListCustomerAccountsResponse(), CustomerAccount())
            (account.id, account.name, account.domain) = ("account-1", "Ernst & Co", path)
            if request.filter.contains("domain = \"\(path)\"") { list.customerAccounts = [account] }
            return list
        },
        Endpoint(OnboardingAPI.listUsers) { _, _ in
            var list = ListUsersResponse()
            list.users = ["Berit", "Roland"].map { name in
                var user = User()
                (user.id, user.name, user.domain, user.active) = ("user-\(name)", name, "\(path)d0000002/", false)
                return user
            }
            return list
        },
        Endpoint(OnboardingAPI.getDomain) { _, _ in all[1] },
    ]

    private func browser(_ roles: [String] = ["admin"], _ more: [Endpoint] = []) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann) + Self.stored + more)
        return Browser(bench, session: "good")
    }

    @Test func aDomainSaysWhatStandsInItAndBelow() async throws {
        let seen = try await browser().get(Self.address)
        for text in [
            "<h1>Ernst &lt;Handel&gt;</h1>", "<code class=\"quiet\">\(Self.path)</code>", "Branch",
            "href=\"/records/customer_account/account-1\">Ernst &amp; Co", "class=\"number\">2</td>",
            "href=\"\(DomainPages.href("/provider/"))\">Provider", "data-value=\"paused\">Switched off",
            "action=\"/administration/domains/new\"", "A domain stays where it was made",
            "action=\"/administration/domains/remove\"",
        ] { #expect(seen.text.contains(text), "\(text)") }
        // It begins with the reader's own.
        #expect(try await browser().get(DomainPages.href).text.contains("<h1>Provider</h1>"))
        #expect(try await browser().get(DomainPages.href("/elsewhere/")).status == 404)
        #expect(try await browser(["sn_acct_lc.agent"]).get(DomainPages.href).status == 404)
        #expect(try await browser().get("/administration").text.contains("href=\"\(DomainPages.href)\""))
    }

    /// Who may only read sees the tree, and nothing to change it by.
    @Test func whoOnlyReadsChangesNothing() async throws {
        let reading = Endpoint(OnboardingAPI.describeOnboarding) { _, _ in
            var table = TableDescription()
            table.operations = ["read"]
            var answer = DescribeResponse()
            answer.tables = [table]
            return answer
        }
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = ["admin"]
        try await bench.answer("onboarding", StandIn.sessions(ann) + [reading] + Self.stored.dropFirst())
        let seen = try await Browser(bench, session: "good").get(Self.address)
        #expect(seen.text.contains("Branch") && !seen.text.contains("<form method=\"post\" action=\"/administration"))
    }

    @Test func oneMoreIsMadeAndARefusalIsSaidAtItsField() async throws {
        let said = Said()
        let create = Endpoint(OnboardingAPI.createDomain) { _, request async throws(Problem) in
            let domain = request.domain ?? Domain()
            said.add("\(domain.parent ?? "") \(domain.name ?? "")")
            guard domain.name != "" else {
                throw .invalid(field: "domain.name", Text(en: "Name is mandatory.", ko: "이름은 필수입니다."))
            }
            return Self.all[2]
        }
        let browser = try await browser(["admin"], [create])
        let page = try await browser.get(Self.address)
        let form = [("csrf", page.csrf), ("at", Self.path), ("once", "1")]
        let made = try await browser.post("/administration/domains/new", form + [("new_name", "Branch")])
        #expect(made.location == "\(DomainPages.href("\(Self.path)d0000002/"))&done=created")
        let refused = try await browser.post("/administration/domains/new", form + [("new_name", "")])
        #expect(refused.status == 422 && refused.text.contains("id=\"new_name-wrong\">Name is mandatory."))
        #expect(refused.text.contains("<h1>Ernst &lt;Handel&gt;</h1>") && refused.text.contains("value=\"1\""))
        #expect(said.texts == ["\(Self.path) Branch", "\(Self.path) "])
    }

    /// Another name is taken back; what was not touched is not written.
    @Test func aNameIsChangedAndTakenBack() async throws {
        let said = Said()
        let update = Endpoint(OnboardingAPI.updateDomain) { _, request in
            let domain = request.domain ?? Domain()
            said.add("\(domain.name ?? "") \(domain.etag) \(request.updateMask?.paths ?? [])")
            var after = Self.all[1]
            after.etag = "5"
            return after
        }
        let browser = try await browser(["admin"], [update])
        let page = try await browser.get(Self.address)
        let done = try await browser.post(
            DomainPages.href,
            [
                ("csrf", page.csrf), ("at", Self.path), ("id", Self.all[1].id), ("etag", "4"),
                ("was-name", "Ernst <Handel>"), ("name", "Ernst"), ("was-active", "true"), ("active", "true"),
            ])
        #expect(done.status == 303 && done.location.hasPrefix("\(Self.address)&done=saved&saved=edit-"))
        let shown = try await browser.get(done.location)
        let undo = try #require(shown.text.firstMatch(of: #/action="(\/administration\/domains\/undo\/[^"]+)"/#)).output
            .1
        let back = try await browser.post(String(undo), [("csrf", page.csrf)])
        #expect(back.location == "\(Self.address)&done=restored", "\(back.location) \(back.text)")
        #expect(said.texts == [#"Ernst 4 ["name"]"#, #"Ernst <Handel> 5 ["name"]"#])
    }

    /// What stands in a domain keeps it; the reason stands on its page. Removed, the one above it is shown.
    @Test func aDomainIsRemovedUnlessSomethingStandsInIt() async throws {
        let remove = Endpoint(OnboardingAPI.deleteDomain) { _, request async throws(Problem) in
            guard request.etag == "5" else {
                throw .failedPrecondition(
                    rule: "DOMAIN_IN_USE", Text(en: "Records belong to this domain.", ko: "이 도메인에 속한 레코드가 있습니다."))
            }
            return Empty()
        }
        let browser = try await browser(["admin"], [remove])
        let page = try await browser.get(Self.address)
        func post(_ etag: String) async throws -> Bench.Seen {
            try await browser.post(
                "/administration/domains/remove",
                [("csrf", page.csrf), ("at", Self.path), ("id", Self.all[1].id), ("etag", etag)])
        }
        let refused = try await post("4")
        #expect(refused.status == 409 && refused.text.contains("Records belong to this domain."))
        #expect(try await post("5").location == "\(DomainPages.href("/provider/"))&done=removed")
    }
}
