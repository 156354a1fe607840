import OnboardingWire
import RPC
import Records
import Roles
import Wire

/// A list of records as a page: its address holds what it is narrowed to, its order and its columns.
struct ListView: Sendable {
    private static let pageSize: Int32 = 50

    private let visit: Visit
    private let fields: Fields
    private let refused: Problem?
    private let results: Values
    private let edit: Values

    /// - Parameters:
    ///   - results: what became of the rows that were to be changed.
    ///   - edit: the form that asks what a field of the chosen rows is set to.
    init(
        _ visit: Visit, _ fields: Fields? = nil, refused: Problem? = nil, results: Values = [:], edit: Values = [:]
    ) {
        self.visit = visit
        self.fields = fields ?? visit.query
        self.refused = refused
        self.results = results
        self.edit = edit
    }

    func page() async throws(Problem) -> Page {
        let table = try ListPages.table(visit)
        let query = ListQuery(table, fields, visit)
        async let kept = views(table)
        let (list, problem) = try await read(table, query)
        let names = try await names(list, query)
        let shown = refused ?? problem
        let menus = ListMenus(query: query, names: names, visit: visit)
        var values = menus.values(problem: problem)
        values["tabs"] = Self.tabs(table.schema.table, visit)
        values["views"] = menus.views(await kept)
        values["list"] = self.list(list, query, names)
        values["results"] = results.isEmpty ? "" : results
        values["edit"] = edit.isEmpty ? "" : edit
        // What was posted has what the list is narrowed to in its form.
        if !visit.isRead { values["path"] = "\(ListPages.href(table.schema.table))?\(query.text())" }
        values["new"] = mayCreate(table) ? RecordPages.new(table.schema.table) : ""
        if let shown { values["problem"] = ["text": shown.text(visit.reader.language)] as Values }
        if visit.person?.isCustomer != true, table.isChangeable {
            values["bulk"] = menus.bulk()
        }
        var page = Page(
            template: "list", title: visit.reader(table.title), values: values, status: shown?.status ?? .ok)
        page.trail = [Navigation.home(visit)]
        page.live = LiveTopic.isLive(table.schema.table) ? LiveTopic.list(table: table.schema.table).text : ""
        return page
    }

    /// Whether the person may make a record of the table.
    private func mayCreate(_ table: ListedTable) -> Bool {
        guard let person = visit.person, !person.isCustomer, table.schema.verbs.contains("create") else { return false }
        return Access.allows(person.roles, .create, on: table.schema.table)
    }

    /// The records; none, and why, when what was typed is no filter.
    private func read(_ table: ListedTable, _ query: ListQuery) async throws(Problem) -> (ListedRecords, Problem?) {
        var request = ListRequest()
        request.pageSize = Self.pageSize
        request.filter = query.filter
        request.orderBy = query.order
        request.pageToken = query[.page]
        do throws(Problem) {
            return (try await ListedRecords.read(request, table.schema, visit), nil)
        } catch {
            guard error.code == .invalidArgument else { throw error }
            return (ListedRecords(rows: [], next: ""), error)
        }
    }

    /// What references that are shown are called.
    private func names(_ list: ListedRecords, _ query: ListQuery) async throws(Problem) -> [String: String] {
        var ids: [String: Set<String>] = [:]
        for column in query.columns where column.type == .reference {
            guard let table = column.referencedTable else { continue }
            ids[table, default: []].formUnion(list.rows.map { $0[column] }.filter { !$0.isEmpty })
        }
        for (table, id) in query.conditions.flatMap(\.references) { ids[table, default: []].insert(id) }
        let visit = visit
        let asked = ids.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        let found = try await Outcome.each(asked) { (asked) async throws(Problem) in
            // Somebody who may read a record may not read what it refers to: then it has no name here.
            (try? await Lookup(visit).names(of: Array(asked.value), in: asked.key)) ?? [:]
        }
        return found.reduce(into: [:]) { names, some in names.merge(some) { first, _ in first } }
    }

    /// The views that the person has kept; none while the service that keeps them is away.
    private func views(_ table: ListedTable) async -> [SavedView] {
        var request = ListSavedViewsRequest()
        request.list = table.schema.table
        return (try? await visit.ask(OnboardingAPI.listSavedViews, request).savedViews) ?? []
    }

    /// The lists beside each other; `current` is shown.
    static func tabs(_ current: String, _ visit: Visit) -> [Values] {
        let isCustomer = visit.person?.isCustomer == true
        let usual = ListedTable.all.filter { !isCustomer || $0.isForCustomers }
        let shown =
            usual
            + (usual.contains { $0.schema.table == current } ? [] : [ListedTable.named(current)].compactMap { $0 })
        return shown.map { other in
            let name = other.schema.table
            let usual = isCustomer || other.schema.field(.active) == nil ? "" : "?active=true"
            return [
                "label": visit.reader(other.title), "href": ListPages.href(name) + usual,
                "current": name == current,
            ]
        }
    }

    // MARK: Rows

    private func list(_ list: ListedRecords, _ query: ListQuery, _ names: [String: String]) -> Values {
        let columns = query.columns
        let href = ListPages.href(query.table.schema.table)
        let shown = Text(
            en: list.next.isEmpty ? "\(list.rows.count) shown" : "\(list.rows.count) shown, there are more",
            ko: list.next.isEmpty ? "\(grouped: list.rows.count)건 표시" : "\(grouped: list.rows.count)건 표시, 더 있음")
        return [
            "title": visit.reader(query.table.title), "action": href, "shown": visit.reader(shown),
            "columns": columns.map { heading($0, query, href) },
            "items": list.rows.map { row(query.table, columns, $0, names) },
            "more": list.next.isEmpty ? "" : "\(href)?\(query.text(with: [(ListQuery.Part.page.rawValue, list.next)]))",
            "empty": query.conditions.isEmpty ? bare() : narrowed(href),
        ]
    }

    /// What a list says in which nothing is because of what it is narrowed to.
    private func narrowed(_ href: String) -> Values {
        [
            "title": visit.say("Nothing is here", "항목이 없습니다"),
            "text": visit.say(
                "Take away one of the conditions above, or look at everything.", "위 조건을 하나 지우거나 전체를 확인하세요."),
            "action": ["href": href, "label": visit.say("Everything", "전체")] as Values,
        ]
    }

    /// What it says where there are no records at all.
    private func bare() -> Values {
        let home = Navigation.home(visit)
        return [
            "title": visit.say("Nothing is here yet", "아직 항목이 없습니다"),
            "text": visit.say(
                "What there is, and what you may see of it, will stand here.", "볼 수 있는 항목이 생기면 여기에 표시됩니다."),
            "action": ["href": home.href, "label": home.label] as Values,
        ]
    }

    private func heading(_ column: FieldSchema, _ query: ListQuery, _ href: String) -> Values {
        let label = column.label(visit.reader.language)
        // What is computed, or is the id of another record, has no order that says something.
        let isSorted = column.type != .reference && !(column.type == .integer && column.outputOnly)
        guard isSorted else { return ["label": label, "href": "", "sort": ""] }
        let (field, isDescending) = query.sort
        let isCurrent = field == column.name
        let next = (isCurrent && !isDescending ? "-" : "") + column.name
        return [
            "label": label,
            "href": "\(href)?" + query.text(without: [ListQuery.Part.sort.rawValue], with: [("sort", next)]),
            "sort": isCurrent ? (isDescending ? "descending" : "ascending") : "",
        ]
    }

    private func row(
        _ table: ListedTable, _ columns: [FieldSchema], _ row: ListedRecords.Row, _ names: [String: String]
    ) -> Values {
        let (id, number) = (row[OnboardingCase.Field.id], row[OnboardingCase.Field.number])
        let href =
            visit.person?.isCustomer == true
            ? PortalPages.href(table.schema.table, id)
            : Address.of(table.schema.table, number.isEmpty ? id : number, id: id)
        return [
            "id": "\(id) \(row[OnboardingCase.Field.etag])", "name": number,
            "cells": columns.map { cell($0, row[$0], href, names) },
        ]
    }

    private func cell(_ column: FieldSchema, _ value: String, _ href: String, _ names: [String: String]) -> Values {
        let label = column.label(visit.reader.language)
        guard !value.isEmpty else { return ["empty": true] }
        var cell: Values = ["label": label, "href": href]
        switch column.type {
        case _ where column.name == "number": cell[href.isEmpty ? "text" : "number"] = value
        case _ where ["short_description", "subject", "title", "name"].contains(column.name):
            cell[href.isEmpty ? "text" : "title"] = value
        case .choice where Self.badges.contains(column.name):
            cell["badge"] = column.name == "data_import_state" ? "import-\(value)" : value
            cell["badgeLabel"] = column.label(of: value, visit.reader.language)
        case .choice: cell["text"] = column.label(of: value, visit.reader.language)
        case .date: cell["date"] = value
        case .datetime: cell["text"] = Timestamp(rfc3339: value).map { visit.reader.distance($0) } ?? value
        case .boolean: cell["text"] = ListQuery.flag(value == "true", visit.reader)
        case .reference: cell["text"] = names[value] ?? visit.say("Not shown", "표시할 수 없음")
        default: cell["text"] = value
        }
        return cell
    }

    /// Choices that say how something stands.
    private static let badges: Set = ["state", "stage", "progress", "data_import_state"]
}
