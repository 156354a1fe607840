import Korean
import OnboardingWire
import RPC
import Roles
import Wire

/// The tree of domains for whoever looks after it: what lies below a domain, which accounts and people stand where, one more domain
/// below it, another name, on and off, and its removal as long as nothing stands in it (G-13). Whatever the service refuses is said
/// where it was asked.
enum DomainPages: PageFolder {
    static let href = "\(AdministrationPages.href)/domains"

    static func add(to pages: Pages) {
        pages.get("/administration/domains") { visit async throws(Problem) in .page(try await DomainView(visit).page())
        }
        pages.post("/administration/domains/new") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in try await create(visit) }
        }
        pages.post("/administration/domains") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in try await save(visit) }
        }
        pages.post("/administration/domains/remove") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in try await remove(visit) }
        }
        pages.post("/administration/domains/undo/:change") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in
                let done = try await Work.takeBack(visit)
                return "\(href(at(visit)))&done=\(done.rawValue)"
            }
        }
    }

    typealias Record = Domain

    /// What a form of an existing domain has; its place it keeps.
    static let keys: [Domain.Field] = [.name, .active]

    /// The name under which addresses and forms say which domain is looked at.
    static let at = "at"

    /// The name of a new domain in its form, beside that of the one above it.
    static let newName = "new_name"

    /// The page of a domain.
    static func href(_ path: String) -> String { "\(href)?\(at)=\(Fields.encoded(path))" }

    /// Whether the pages are offered; onboarding decides by the same.
    static func isFor(_ person: Person) -> Bool {
        AdministrationPages.isFor(person) && Access.allows(person.roles, .read, on: Record.schema.table)
    }

    /// The domain that is looked at: the reader's own, unless the address says another.
    static func at(_ visit: Visit) -> String {
        let said = visit.isRead || visit.form[at].isEmpty ? visit.query[at] : visit.form[at]
        return said.isEmpty ? visit.person?.domain ?? "" : said
    }

    private static func write(
        _ visit: Visit, _ write: () async throws(Problem) -> String
    ) async throws(Problem) -> Answer {
        try visit.demand(isFor)
        return try await Work.lead(write) { (problem) async throws(Problem) in
            try await DomainView(visit).page(refused: problem)
        }
    }

    private static func create(_ visit: Visit) async throws(Problem) -> String {
        var request = CreateDomainRequest()
        var domain = Record()
        (domain.parent, domain.name) = (at(visit), visit.form[newName])
        request.domain = domain
        let made = try await visit.ask(OnboardingAPI.createDomain, request, requestID: visit.form["once"])
        return "\(href(made.path ?? ""))&done=\(Toast.created.rawValue)"
    }

    private static func save(_ visit: Visit) async throws(Problem) -> String {
        var get = GetRequest()
        get.id = visit.form[Record.Field.id]
        let before = try await visit.ask(OnboardingAPI.getDomain, get)
        let form = RecordForm<Domain>(keys, visit)
        let (changed, mask) = try await form.record(id: before.id, etag: visit.form["etag"])
        var request = UpdateDomainRequest()
        (request.domain, request.updateMask) = (changed, mask)
        let own = href(before.path ?? "")
        guard !mask.paths.isEmpty else { return own }
        let after = try await visit.ask(OnboardingAPI.updateDomain, request)
        let undo = Work.undo(Undos.Change(mask.paths, of: before, etag: after.etag), href, visit)
        let back = undo.isEmpty ? "" : "&undo=\(Fields.encoded("\(undo)?\(at)=\(Fields.encoded(before.path ?? ""))"))"
        return "\(own)&done=\(Toast.saved.rawValue)&saved=edit-\(before.id)\(back)"
    }

    private static func remove(_ visit: Visit) async throws(Problem) -> String {
        var request = DeleteRequest()
        (request.id, request.etag) = (visit.form[Record.Field.id], visit.form["etag"])
        _ = try await visit.ask(OnboardingAPI.deleteDomain, request)
        return "\(href(DomainView.above(at(visit)).last ?? ""))&done=\(Toast.removed.rawValue)"
    }
}
