import Foundation
import Korean
import OnboardingWire
import RPC
import Roles
import Wire

/// The page of one domain of the tree.
struct DomainView: Sendable {
    private typealias Record = Domain

    /// Most domains of a page, and most accounts and people that it names.
    private static let most = Lookup.limit
    /// Most records that are counted for the domains of a page.
    private static let counted: Int32 = 1_000

    private let visit: Visit
    private let at: String

    init(_ visit: Visit) {
        self.visit = visit
        at = DomainPages.at(visit)
    }

    /// The paths above one, the outermost first: `/`, `/provider/` of `/provider/d0000001/`.
    static func above(_ path: String) -> [String] {
        let parts = path.split(separator: "/")
        return parts.indices.map { place in
            place == 0 ? "/" : "/\(parts[..<place].joined(separator: "/"))/"
        }
    }

    /// What is asked for at once.
    private struct Found: Sendable {
        var own: Domain?
        var names: [String: String] = [:]
        var below = ListDomainsResponse()
        var rights: TableDescription?
    }

    func page(refused: Problem? = nil) async throws(Problem) -> Page {
        try visit.demand(DomainPages.isFor)
        let found = try await found()
        guard found.own != nil || at == visit.person?.domain else { throw RecordTypes.nowhere() }
        let paths = found.below.domains.compactMap(\.path)
        let stands = await Standing.read(paths, below: at, most: Self.counted, visit)
        let name = found.own?.name ?? visit.say("All domains", "모든 도메인")
        var values: Values = [
            "heading": name, "path": at, "off": found.own?.active == false, "problem": "", "at": at,
            "accounts": named(stands.accounts), "people": named(stands.people),
            "below": found.below.domains.map { entry($0, stands) },
            "belowText": found.below.totalSize.map { "\(grouped: $0)" } ?? "",
            "more": found.below.nextPageToken.isEmpty
                ? "" : "\(DomainPages.href(at))&page=\(Fields.encoded(found.below.nextPageToken))",
            "away": visit.missing(
                stands.groups.map { (isAway: $0.isAway, name: $0.schema.label(visit.reader.language)) }),
            "create": "", "form": "", "remove": "",
        ]
        let rights = found.rights.map { RecordRights($0, Record.schema, visit) }
        if let rights, rights.may(.create, "create") { values["create"] = creation(refused) }
        if let rights, let own = found.own, rights.may(.write, "update") {
            values["form"] = form(own, refused)
            values["stays"] = !rights.entered(isNew: false).contains { $0.name == Record.Field.parent.rawValue }
        }
        if let rights, let own = found.own, rights.may(.delete, "delete") {
            values["remove"] = ["id": own.id, "etag": own.etag] as Values
        }
        if let refused, refused.violations.isEmpty || visit.path.hasSuffix("/remove") {
            values["problem"] = ["text": refused.text(visit.reader.language)] as Values
        }
        var page = Page(
            template: "domains", title: "\(visit.say("Domains", "도메인")): \(name)", values: values)
        page.trail = trail(found.names)
        return page
    }

    // MARK: What is asked

    private func found() async throws(Problem) -> Found {
        let (own, page) = (visit.person?.domain ?? "", visit.query["page"])
        let way = (Self.above(at) + [at]).filter { $0.hasPrefix(own) }.suffix(Int(Self.most))
        var (known, below) = (ListRequest(), ListRequest())
        known.pageSize = Self.most
        known.filter = Self.any(Record.Field.path, Array(way))
        (below.pageSize, below.pageToken, below.count) = (Self.most, page, true)
        (below.filter, below.orderBy) = (FilterText.equal(Record.Field.parent, at), Record.Field.name.rawValue)
        let (asked, listed) = (known, below)
        async let names = Outcome.of { () async throws(Problem) in
            try await visit.ask(OnboardingAPI.listDomains, asked).domains
        }
        async let rights = Part.of { () async throws(Problem) in try await RecordCalls<Domain>(visit).described() }
        var found = Found()
        found.below = try await visit.ask(OnboardingAPI.listDomains, listed)
        let domains = try await names.get()
        found.rights = await rights.value
        found.own = domains.first { $0.path == at }
        found.names = Dictionary(
            domains.map { ($0.path ?? "", $0.name ?? "") }, uniquingKeysWith: { first, _ in first })
        return found
    }

    /// One of the values.
    static func any(_ field: some RawRepresentable<String>, _ values: [String]) -> String {
        values.map { FilterText.equal(field, $0) }.joined(separator: " OR ")
    }

    // MARK: What is shown

    private func trail(_ names: [String: String]) -> [Crumb] {
        let own = visit.person?.domain ?? ""
        let above = Self.above(at).filter { $0.hasPrefix(own) }
        return visit.wayOfAdministration()
            + above.map { path in
                Crumb(
                    label: names[path] ?? (path == "/" ? visit.say("All domains", "모든 도메인") : path),
                    href: DomainPages.href(path))
            }
    }

    private func entry(_ domain: Domain, _ stands: Standing) -> Values {
        let path = domain.path ?? ""
        return [
            "name": domain.name ?? path, "path": path, "href": DomainPages.href(path), "off": domain.active == false,
            "accounts": stands.accounts.countText(path), "people": stands.people.countText(path),
            "below": stands.below.countText(path),
        ]
    }

    private func named(_ group: Standing.Group) -> Values {
        let (here, schema) = (group.ones.filter { $0.domain == at }, group.schema)
        let isUser = schema.table == User.schema.table && visit.person.map(UserPages.isFor) == true
        return [
            "countText": group.countText(at),
            "items": here.prefix(Int(Self.most)).map { one -> Values in
                let record = "\(RecordPages.place)\(schema.table)/\(Fields.encoded(one.id))"
                return ["name": one.name, "href": isUser ? UserPages.href(one.id) : record, "off": one.isOff]
            }, "more": here.count > Int(Self.most) ? ListPages.href(schema.table) : "",
        ]
    }

    private func creation(_ refused: Problem?) -> Values {
        let isTyped = visit.path.hasSuffix("/new")
        let field = Forms.Field(
            DomainPages.newName, Record.schema.label(Record.Field.name, visit.reader.language), .text("text"),
            key: Record.Field.name.rawValue, isRequired: true)
        let forms = Forms(visit, showsTyped: isTyped && refused != nil)
        var form: Values = [
            "action": "\(DomainPages.href)/new", "fields": [forms.values(field, refused: isTyped ? refused : nil)],
            "once": isTyped && !visit.form["once"].isEmpty ? visit.form["once"] : UUID().uuidString.lowercased(),
        ]
        if isTyped, let refused { form["problem"] = forms.problem(refused, [field]) }
        return form
    }

    private func form(_ own: Domain, _ refused: Problem?) -> Values {
        let isTyped = visit.path == DomainPages.href && !visit.isRead
        var form = RecordForm<Domain>(DomainPages.keys, visit).values(
            own, names: [:], action: DomainPages.href, refused: isTyped ? refused : nil)
        form["id"] = own.id
        return form
    }
}
