import ImportValidationWire
import OnboardingWire
import RPC
import Roles
import Wire

/// Checks of staged rows (imports, section 4) for whoever may write them: by staging table, as a form of what each needs, with its
/// script, kept as drafts until they are activated, and run on a row before that.
enum CheckPages: PageFolder {
    static let href = "\(AdministrationPages.href)/checks"

    static func add(to pages: Pages) {
        pages.get("/administration/checks") { visit async throws(Problem) in .page(try await list(visit)) }
        pages.get("/administration/checks/:id") { visit async throws(Problem) in
            .page(try await CheckEditor(visit: visit).page())
        }
        pages.post("/administration/checks/:id") { visit async throws(Problem) in
            try await CheckEditor(visit: visit).post()
        }
        pages.post("/administration/checks/:id/delete") { visit async throws(Problem) in
            try await CheckEditor(visit: visit).delete()
        }
    }

    /// The address of a check.
    static func href(_ id: String) -> String { "\(href)/\(Fields.encoded(id))" }

    /// The address of a new check of a staging table.
    static func new(_ table: String, level: String) -> String {
        let (field, type) = (Record.Field.stagingTable.rawValue, Record.Field.validationType.rawValue)
        return "\(href)/new?\(field)=\(Fields.encoded(table))&\(type)=\(level)"
    }

    /// Whether the pages are offered; import-validation decides by the same.
    static func isFor(_ person: Person) -> Bool {
        !person.isCustomer && Access.allows(person.roles, .read, on: Record.schema.table)
    }

    /// Whether somebody may change checks, and run them.
    static func mayWrite(_ visit: Visit) -> Bool {
        visit.person.map { Access.allows($0.roles, .write, on: Record.schema.table) } == true
    }

    private typealias Record = DataValidationAssist

    static func check(_ visit: Visit) throws(Problem) {
        try visit.demand(isFor)
    }

    /// The way to a check.
    static func trail(_ visit: Visit) -> [Crumb] { visit.wayOfAdministration() }

    // MARK: All

    /// Most that a page shows; the list of records has the others.
    private static let most: Int32 = 500

    private static func list(_ visit: Visit) async throws(Problem) -> Page {
        try check(visit)
        var request = ListRequest()
        request.pageSize = most
        let asked = request
        async let known = StagingTable.all(visit)
        let checks = try await visit.ask(ImportValidationAPI.listDataValidationAssists, asked).dataValidationAssists
        let byTable = Dictionary(grouping: checks) { $0.stagingTable ?? "" }
        let tables = await known
        let named = Set(tables.map(\.name))
        // Checks of a staging table that only an import task names are not lost.
        let others = byTable.keys.filter { !named.contains($0) }.sorted()
        let may = mayWrite(visit)
        let groups =
            tables.map { group($0.name, visit.reader($0.label), byTable[$0.name] ?? [], may, visit) }
            + others.map { group($0, $0, byTable[$0] ?? [], false, visit) }
        var page = Page(
            template: "checks", title: visit.say("Checks of imports", "가져오기 검증"),
            values: ["groups": groups, "all": ListPages.href(Record.schema.table)])
        page.trail = trail(visit)
        return page
    }

    private static func group(
        _ table: String, _ title: String, _ checks: [Record], _ mayWrite: Bool, _ visit: Visit
    ) -> Values {
        let ordered = checks.sorted { ($0.order ?? .max, $0.id) < ($1.order ?? .max, $1.id) }
        return [
            "title": title, "table": table,
            "newField": mayWrite ? new(table, level: Record.ValidationType.field) : "",
            "newScript": mayWrite ? new(table, level: Record.ValidationType.record) : "",
            "items": ordered.map { item($0, visit) },
        ]
    }

    /// A check in a list.
    static func item(_ check: DataValidationAssist, _ visit: Visit) -> Values {
        let kind = check.validationSubType ?? check.validationType ?? ""
        let field = check.validationSubType == nil ? Record.Field.validationType : .validationSubType
        return [
            "label": name(check, visit), "href": href(check.id), "field": check.stagingTableField ?? "",
            "kind": Record.schema.label(field, of: kind, visit.reader.language),
            "draft": check.active == false, "must": check.mandatory == true,
        ]
    }

    /// What a check is called; one without a name by what it looks at.
    static func name(_ check: DataValidationAssist, _ visit: Visit) -> String {
        if let name = check.name, !name.isEmpty { return name }
        let kind = Record.schema.label(
            Record.Field.validationSubType, of: check.validationSubType ?? "", visit.reader.language)
        let parts = [check.stagingTableField ?? "", kind].filter { !$0.isEmpty }
        return parts.isEmpty ? Record.schema.label(visit.reader.language) : parts.joined(separator: " · ")
    }
}
