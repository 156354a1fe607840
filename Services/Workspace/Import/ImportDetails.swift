import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// What an import task has besides its rows: who has it, whether the customer sees it (G-23), and where it goes from its state
/// (G-02).
struct ImportDetails: Sendable {
    /// What was asked for.
    enum Asked: Sendable {
        case nothing, saving, moving
    }

    /// What its form has, in its order. Its due date is moved on a page of its own, which says first what that does.
    private static let keys: [ImportTask.Field] = [
        .shortDescription, .description, .assignedTo, .priority, .contact, .visibleToCustomer, .progress,
    ]

    let visit: Visit
    let asked: Asked
    /// What was refused of it.
    let refused: Problem?

    static func add(to pages: Pages) {
        pages.post("/imports/:id/details") { visit async throws(Problem) in
            try await change(visit, .saving, saved: "edit") { (record) async throws(Problem) in
                let change = try await RecordCalls<ImportTask>(visit).save(record, form(record, visit))
                return (.saved, Work.undo(change, ImportPages.href(visit), visit))
            }
        }
        pages.post("/imports/:id/move") { visit async throws(Problem) in
            try await change(visit, .moving) { (record) async throws(Problem) in
                let told = try await RecordCalls<ImportTask>(visit).described()
                let moves = RecordMoves<ImportTask>(
                    visit: visit, rights: RecordRights(told, ImportTask.schema, visit))
                return (.moved, try await moves.act(record, ImportPages.href(visit)).undo)
            }
        }
    }

    /// Changes the task, and leads to its page. Customers have a page in the portal that does not have this.
    private static func change(
        _ visit: Visit, _ asked: Asked, saved form: String = "",
        _ write: (ImportTask) async throws(Problem) -> (done: Toast, undo: String)
    ) async throws(Problem) -> Answer {
        guard visit.person?.isCustomer != true else { throw RecordTypes.nowhere() }
        return try await Work.change(ImportPages.href(visit), saved: form) { () async throws(Problem) in
            try await write(try await RecordCalls<ImportTask>(visit).get(visit.part("id")))
        } refused: { (problem) async throws(Problem) in
            try await ImportView(visit, refused: problem, of: asked).page()
        }
    }

    // MARK: The panel

    /// The panel of a task. What may not be written is text.
    func values(_ task: ImportTask) async -> Values {
        let visit = visit
        async let described = Part.of { () async throws(Problem) in
            try await RecordCalls<ImportTask>(visit).described()
        }
        let names = await names(task)
        let told = await described
        let rights = told.value.map { RecordRights($0, ImportTask.schema, visit) }
        let mayWrite = rights?.may(.write, "update") == true
        // What was typed stands there, also when the task has ended meanwhile.
        let hasForm = mayWrite && (task.active != false || asked == .saving)
        var values: Values = [
            "href": ImportPages.href(visit), "etag": task.etag, "open": asked != .nothing, "line": line(task, names),
            "facts": facts(task, names, hasForm: hasForm), "moves": mayWrite,
        ]
        guard mayWrite, let rights else { return values }
        let moves = RecordMoves<ImportTask>(visit: visit, rights: rights).values(
            task, refused: asked == .moving ? refused : nil)
        values.merge(moves) { own, _ in own }
        if hasForm {
            values["form"] = Self.form(task, visit).values(
                task, names: names, action: "\(ImportPages.href(visit))/details",
                refused: asked == .saving ? refused : nil)
        }
        return values
    }

    private static func form(_ task: ImportTask, _ visit: Visit) -> RecordForm<ImportTask> {
        // Whoever does it for the customer is one of the account.
        let ofAccount = KnownFields(
            references: [ImportTask.Field.contact.rawValue: CustomerContact.schema.table],
            filter: FilterText.equal(CustomerContact.Field.account, task.company ?? task.account ?? ""))
        return RecordForm(keys, visit, known: ofAccount)
    }

    /// What the people are called whom the panel names.
    private func names(_ task: ImportTask) async -> [String: String] {
        var named = ImportTask()
        (named.assignedTo, named.contact) = (task.assignedTo, task.contact)
        var names = RecordNames()
        names.add(named, visit.form)
        return await names.found(visit)
    }

    /// How it stands, in a line.
    private func line(_ task: ImportTask, _ names: [String: String]) -> String {
        let assigned = task.assignedTo.map { names[$0] ?? "" } ?? visit.say("Nobody yet", "담당자 없음")
        let contact = task.contact.flatMap { names[$0] } ?? ""
        let seen =
            switch (task.visibleToCustomer == true, task.contact != nil) {
            case (false, _): visit.say("The customer does not see it", "고객에게 표시하지 않음")
            case (true, false):
                visit.say("The customer does not see it: it has no contact", "연락처가 없어 고객에게 표시되지 않음")
            case (true, true): visit.say("The customer sees it", "고객에게 표시")
            }
        return [assigned, seen, contact].filter { !$0.isEmpty }.joined(separator: " · ")
    }

    /// What stands beside the form; without one all that matters.
    private func facts(_ task: ImportTask, _ names: [String: String], hasForm: Bool) -> [Values] {
        let language = visit.reader.language
        func label(_ field: ImportTask.Field) -> String { ImportTask.schema.label(field, language) }
        var facts: [Values] = []
        if let date = task.dueDate { facts.append(.fact(label(.dueDate), date: date)) }
        guard !hasForm else { return facts }
        if let description = task.description { facts.append(.fact(label(.description), description)) }
        if let priority = task.priority {
            let field = ImportTask.Field.priority
            facts.append(.fact(label(field), ImportTask.schema.label(field, of: "\(priority)", language)))
        }
        if let name = task.contact.flatMap({ names[$0] }) { facts.append(.fact(label(.contact), name)) }
        if let notes = task.closeNotes { facts.append(.fact(label(.closeNotes), notes)) }
        return facts
    }
}
