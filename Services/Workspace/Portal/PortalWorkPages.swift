import CustomerSuccessWire
import OnboardingWire
import RPC
import Wire

/// Success cases and initiatives in the portal (G-18): where they stand, what is done for the customer, what the customer does
/// oneself, and what is said about them.
enum PortalWorkPages: PageFolder {
    static func add(to pages: Pages) {
        for kind in Kind.allCases {
            let place = "/portal/\(kind.folder)/:id"
            pages.get("\(place)") { visit async throws(Problem) in .page(try await page(kind, visit)) }
            pages.post("\(place)/say") { visit async throws(Problem) in
                try await write(kind, visit, saved: "say") { (work) async throws(Problem) in
                    try await Work.say(visit, work.id, comment: kind.comment, note: nil)
                }
            }
            pages.post("\(place)/tasks/:task/move") { visit async throws(Problem) in
                try await Work.change(href(kind, visit)) { () async throws(Problem) in
                    let change = try await move(try await work(kind, visit), visit)
                    return (.moved, Work.undo(change, href(kind, visit), visit))
                } refused: { (problem) async throws(Problem) in
                    try await page(kind, visit, refused: problem)
                }
            }
            pages.post("\(place)/undo/:change") { visit async throws(Problem) in
                try await write(kind, visit) { _ async throws(Problem) in try await Work.takeBack(visit) }
            }
        }
    }

    /// What is followed.
    enum Kind: CaseIterable {
        case successCase, initiative

        fileprivate var folder: String { self == .successCase ? "success-cases" : "initiatives" }

        fileprivate var table: String {
            self == .successCase ? SuccessCase.schema.table : SuccessInitiative.schema.table
        }

        fileprivate var read: Method<GetPortalWorkRequest, PortalWork> {
            self == .successCase ? CustomerSuccessAPI.getPortalCase : CustomerSuccessAPI.getPortalInitiative
        }

        fileprivate var comment: Method<AddEntryRequest, ActivityEntry> {
            self == .successCase
                ? CustomerSuccessAPI.addSuccessCaseComment : CustomerSuccessAPI.addSuccessInitiativeComment
        }
    }

    /// The page of a record; empty for one of another table.
    static func href(_ table: String, _ id: String) -> String {
        Kind.allCases.first { $0.table == table }.map { "/portal/\($0.folder)/\(Fields.encoded(id))" } ?? ""
    }

    private static func href(_ kind: Kind, _ visit: Visit) -> String {
        "/portal/\(kind.folder)/\(Fields.encoded(visit.part("id")))"
    }

    private static func work(_ kind: Kind, _ visit: Visit) async throws(Problem) -> PortalWork {
        var request = GetPortalWorkRequest()
        request.id = visit.part("id")
        request.items = 50
        return try await visit.ask(kind.read, request)
    }

    private static func write(
        _ kind: Kind, _ visit: Visit, saved form: String = "", _ write: (PortalWork) async throws(Problem) -> Toast
    ) async throws(Problem) -> Answer {
        try await Work.write(href(kind, visit), saved: form) { () async throws(Problem) in
            try await write(try await work(kind, visit))
        } refused: { (problem) async throws(Problem) in
            try await page(kind, visit, refused: problem)
        }
    }

    /// Moves a task. Answers what takes that back, unless the task has ended.
    private static func move(_ work: PortalWork, _ visit: Visit) async throws(Problem) -> Undos.Change? {
        var task = SuccessTask()
        (task.id, task.state) = (visit.part("task"), visit.form["to"])
        let keys = [SuccessTask.Field.state.rawValue]
        var request = UpdateSuccessTaskRequest()
        request.successTask = task
        request.updateMask = FieldMask(paths: keys)
        let after = try await visit.ask(CustomerSuccessAPI.updateSuccessTask, request)
        guard let known = work.tasks.first(where: { $0.id == task.id }), after.state != SuccessTask.State.closed else {
            return nil
        }
        var before = SuccessTask()
        (before.id, before.state) = (known.id, known.state)
        return Undos.Change(keys, of: before, etag: after.etag)
    }

    // MARK: The list of what is under way

    /// What is under way for the customer, for the first page of the portal; nothing for who follows none.
    static func open(_ visit: Visit) async -> Part<Values> {
        var request = ListRequest()
        request.pageSize = 10
        // States of both go by the same names.
        request.filter = [SuccessCase.State.closed, SuccessCase.State.canceled]
            .map { "NOT \(FilterText.equal(SuccessCase.Field.state, $0))" }.joined(separator: " AND ")
        let asked = request
        async let cases = Part.of { () async throws(Problem) in
            try await visit.ask(CustomerSuccessAPI.listSuccessCases, asked).resources
        }
        async let initiatives = Part.of { () async throws(Problem) in
            try await visit.ask(CustomerSuccessAPI.listSuccessInitiatives, asked).resources
        }
        let (found, planned) = (await cases, await initiatives)
        let isAway = found.isAway || planned.isAway
        guard found.value != nil || planned.value != nil else { return Part(value: nil, isAway: isAway) }
        let items =
            (found.value ?? []).map { item($0, $0.shortDescription, $0.number, $0.state, $0.dueDate, visit) }
            + (planned.value ?? []).map { item($0, $0.subject, $0.number, $0.state, $0.dueDate, visit) }
        return Part(value: ["items": items, "more": "", "shown": ""], isAway: isAway)
    }

    private static func item<Record: RecordMessage>(
        _ record: Record, _ title: String?, _ number: String?, _ state: String?, _ date: String?, _ visit: Visit
    ) -> Seen {
        var item = PortalItem()
        (item.id, item.number, item.title, item.date) = (record.id, number ?? "", title ?? "", date)
        item.state = Record.schema.label(SuccessCase.Field.state, of: state ?? "", visit.reader.language)
        return Seen(item, ["href": href(Record.schema.table, record.id)])
    }

    // MARK: The page

    private static func page(_ kind: Kind, _ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let work = try await work(kind, visit)
        let view = PortalView(visit: visit, href: href(kind, visit))
        var values: Values = [
            "page": work, "facts": facts(work, visit), "say": view.say(work.comments, work.rights),
            "tasks": work.tasks.map { task in
                Seen(
                    task,
                    [
                        "move": "\(view.href)/tasks/\(Fields.encoded(task.id))/move",
                        "moves": task.own ? view.moves(task.rights) : [],
                    ])
            },
        ]
        values.merge(view.refused(refused)) { _, refused in refused }
        var page = Page(template: "portal_work", title: "\(work.number) \(work.title)", values: values)
        page.trail = [Crumb(label: visit.say("My lists", "내 목록"), href: "/portal")]
        return page
    }

    private static func facts(_ work: PortalWork, _ visit: Visit) -> [Values] {
        let language = visit.reader.language
        func label(_ field: SuccessInitiative.Field) -> String { SuccessInitiative.schema.label(field, language) }
        let said: [(SuccessInitiative.Field, String)] = [
            (.progress, work.progressLabel), (.category, work.categoryLabel), (.successOutcome, work.outcomeTitle),
            (.assignedTo, work.assignedToName), (.closeCode, work.closeCodeLabel), (.closeNotes, work.closeNotes),
        ]
        var facts: [Values] = [.fact(label(.state), badge: work.state, work.stateLabel)]
        facts += said.filter { !$0.1.isEmpty }.map { field, value in .fact(label(field), value) }
        if !work.dueDate.isEmpty { facts.append(.fact(label(.dueDate), date: work.dueDate)) }
        return facts
    }
}
