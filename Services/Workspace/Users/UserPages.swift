import OnboardingWire
import RPC
import Roles
import Wire

/// What somebody may do, for whoever grants it: the roles that were granted with what each contains, one more, one less, the
/// invitation by which people come to a password, and whether they come in at all (G-42, G-103).
enum UserPages: PageFolder {
    static let href = "\(AdministrationPages.href)/users"

    static func add(to pages: Pages) {
        pages.get("/administration/users/:id") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/administration/users/:id/grants") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in
                let grant = try await grant(visit.form[Record.Field.role], visit)
                return (.granted, "\(href(visit.part("id")))/grants/\(Fields.encoded(grant.id))/revoke")
            }
        }
        // Takes back that one was revoked.
        pages.post("/administration/users/:id/grants/again") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in
                _ = try await grant(visit.query[Record.Field.role], visit)
                return (.restored, "")
            }
        }
        pages.post("/administration/users/:id/active") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in try await activate(visit) }
        }
        pages.post("/administration/users/:id/grants/:grant/revoke") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in try await revoke(visit) }
        }
    }

    private typealias Record = RoleGrant

    /// Whether somebody may sign in at all, as far as nobody has changed the user since.
    private static func activate(_ visit: Visit) async throws(Problem) -> (done: Toast, undo: String) {
        let (to, etag) = (Work.goal(visit), Work.etag(visit))
        var user = User()
        (user.id, user.etag, user.active) = (visit.part("id"), etag, to == "on")
        var request = UpdateUserRequest()
        (request.user, request.updateMask) = (user, FieldMask(paths: [User.Field.active.rawValue]))
        let after = try await visit.ask(OnboardingAPI.updateUser, request)
        let back = "\(href(visit.part("id")))/active?to=\(to == "on" ? "off" : "on")&etag=\(Fields.encoded(after.etag))"
        return (.changed, back)
    }

    /// The address of somebody's roles.
    static func href(_ id: String) -> String { "\(href)/\(Fields.encoded(id))" }

    /// Whether the pages are offered; onboarding decides by the same.
    static func isFor(_ person: Person) -> Bool {
        !person.isCustomer && Access.allows(person.roles, .read, on: Record.schema.table)
            && Access.allows(person.roles, .read, on: User.schema.table)
    }

    private static func mayGrant(_ visit: Visit) -> Bool {
        visit.person.map { Access.allows($0.roles, .create, on: Record.schema.table) } == true
    }

    private static func check(_ visit: Visit) throws(Problem) {
        try visit.demand(isFor)
    }

    // MARK: What is done

    private static func write(
        _ visit: Visit, _ write: () async throws(Problem) -> (done: Toast, undo: String)
    ) async throws(Problem) -> Answer {
        try check(visit)
        return try await Work.change(href(visit.part("id")), write) { (problem) async throws(Problem) in
            try await page(visit, refused: problem)
        }
    }

    private static func grant(_ role: String, _ visit: Visit) async throws(Problem) -> RoleGrant {
        var grant = Record()
        (grant.user, grant.role) = (visit.part("id"), role)
        var request = CreateRoleGrantRequest()
        request.roleGrant = grant
        return try await visit.ask(OnboardingAPI.createRoleGrant, request)
    }

    private static func revoke(_ visit: Visit) async throws(Problem) -> (done: Toast, undo: String) {
        let (id, user) = (visit.part("grant"), visit.part("id"))
        let known = try await grants(of: user, visit).first { $0.id == id }
        // A grant of somebody else is none of this page.
        guard let known else { throw RecordTypes.nowhere() }
        var request = DeleteRequest()
        request.id = id
        _ = try await visit.ask(OnboardingAPI.deleteRoleGrant, request)
        return (.revoked, "\(href(user))/grants/again?role=\(Fields.encoded(known.role ?? ""))")
    }

    // MARK: The page

    private static func grants(of user: String, _ visit: Visit) async throws(Problem) -> [RoleGrant] {
        var request = ListRequest()
        request.pageSize = 200
        request.filter = FilterText.equal(Record.Field.user, user)
        return try await visit.ask(OnboardingAPI.listRoleGrants, request).roleGrants
    }

    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        try check(visit)
        let id = visit.part("id")
        async let listed = Outcome.of { () async throws(Problem) in try await Self.grants(of: id, visit) }
        var get = GetRequest()
        get.id = id
        let user = try await visit.ask(OnboardingAPI.getUser, get)
        let grants = try await listed.get().sorted { ($0.role ?? "") < ($1.role ?? "") }
        let own = href(user.id)
        let isPerson = user.kind != User.Kind.system
        let mayInvite = visit.person.map(PeoplePages.isFor) == true && user.active != false && isPerson
        var values: Values = [
            "heading": user.name ?? "", "email": user.email ?? "", "off": user.active == false, "problem": "",
            "record": "\(RecordPages.place)\(User.schema.table)/\(Fields.encoded(user.id))",
            "rights": "\(AdministrationPages.href)/rights?user=\(Fields.encoded(user.id))",
            "invite": mayInvite ? "/people/\(Fields.encoded(user.id))/invite" : "", "back": own,
            "grants": grants.map { grant($0, own, visit) }, "form": "", "active": "",
        ]
        // Nobody shuts the own door.
        if visit.may(.write, on: User.schema), user.id != visit.person?.user {
            values["active"] =
                [
                    "action": "\(own)/active", "etag": user.etag, "to": user.active == false ? "on" : "off",
                    "label": user.active == false
                        ? visit.say("Activate", "활성 상태로 변경") : visit.say("Deactivate", "비활성 상태로 변경"),
                ] as Values
        }
        if mayGrant(visit) { values["form"] = form(user, grants, own, visit, refused) }
        if let refused, refused.violations.isEmpty {
            values["problem"] = ["text": refused.text(visit.reader.language)] as Values
        }
        var page = Page(
            template: "user", title: "\(visit.say("Roles", "역할")): \(user.name ?? "")", values: values)
        page.trail = [
            Crumb(label: visit.say("Administration", "관리"), href: AdministrationPages.href),
            Crumb(
                label: visit.reader(ListedTable.named(User.schema.table)?.title ?? User.schema.label),
                href: ListPages.href(User.schema.table)),
        ]
        return page
    }

    private static func says(_ role: Role, _ visit: Visit) -> String { visit.say(role.description, role.descriptionKo) }

    private static func grant(_ grant: RoleGrant, _ own: String, _ visit: Visit) -> Values {
        let role = RoleCatalog.role(named: grant.role ?? "")
        return [
            "role": grant.role ?? "", "description": role.map { says($0, visit) } ?? "",
            "contains": role.map { Array($0.closure.filter { $0 != grant.role }.sorted()) } ?? [],
            "rights": "\(AdministrationPages.href)/rights?role=\(Fields.encoded(grant.role ?? ""))",
            "revoke": mayGrant(visit) ? "\(own)/grants/\(Fields.encoded(grant.id))/revoke" : "",
        ]
    }

    /// The roles that can be granted to somebody: those of customers to people of an account, all others to people of the provider
    /// (G-18), and none twice.
    private static func form(
        _ user: User, _ grants: [RoleGrant], _ own: String, _ visit: Visit, _ refused: Problem?
    ) -> Values {
        let held = Set(grants.compactMap(\.role))
        let roles = RoleCatalog.all.filter { role in
            RoleCatalog.isGrantable(role.name) && role.isExternal == (user.account != nil) && !held.contains(role.name)
        }
        let field = Forms.Field(
            Record.Field.role.rawValue, Record.schema.label(Record.Field.role, visit.reader.language),
            .choice(roles.map { Forms.Option($0.name, "\($0.name): \(says($0, visit))") }), isRequired: true,
            help: visit.say("It holds within a second.", "1초 안에 적용됩니다."))
        let forms = Forms(visit)
        var form: Values = ["action": "\(own)/grants", "fields": [forms.values(field, refused: refused)]]
        if let refused, !refused.violations.isEmpty { form["problem"] = forms.problem(refused, [field]) }
        return form
    }
}
