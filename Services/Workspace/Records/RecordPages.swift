import ImportValidationWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

/// Any record as a page, for the people of the provider: its form is made from what its service tells of the table
/// (`describe`), its buttons from its verbs and states. Records that have a page of their own are shown there.
enum RecordPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/records/:table/:id") { visit async throws(Problem) in
            let type = try type(visit)
            if isNew(visit), begun[type.schema.table] != nil {
                return .moved(to: new(type.schema.table, visit.query.pairs.map { ($0.name, $0.value) }))
            }
            if !isNew(visit), elsewhere.contains(type.schema.table) {
                return .moved(to: Address.of(type.schema.table, visit.part("id"), id: visit.part("id")))
            }
            return .page(try await shown(type, visit))
        }
        pages.post("/records/:table/:id") { visit async throws(Problem) in try await save(try type(visit), visit) }
        pages.post("/records/:table/:id/move") { visit async throws(Problem) in try await move(try type(visit), visit) }
        pages.post("/records/:table/:id/say") { visit async throws(Problem) in try await say(try type(visit), visit) }
        pages.post("/records/:table/:id/undo/:change") { visit async throws(Problem) in
            try await takeBack(try type(visit), visit)
        }
        pages.post("/records/:table/:id/delete") { visit async throws(Problem) in
            try await delete(try type(visit), visit)
        }
        pages.receive("/records/:table/:id/files") { visit async throws(Problem) in
            try await received(try type(visit), visit)
        }
        pages.get("/records/:table/:id/files/:file") { visit async throws(Problem) in
            try await file(try type(visit), visit)
        }
        pages.post("/records/:table/:id/files/:file/show") { visit async throws(Problem) in
            try await showFile(try type(visit), visit)
        }
        pages.post("/records/:table/:id/files/:file/remove") { visit async throws(Problem) in
            try await removeFile(try type(visit), visit)
        }
    }

    /// Tables whose records have a page that has their form as well.
    private static let elsewhere: Set = [
        OnboardingCase.schema.table, LifecycleTask.schema.table, ImportTask.schema.table, FlowRun.schema.table,
        PlayTrigger.schema.table, FlowDefinition.schema.table,
    ]
    /// Tables of which a new record begins on a page of its own.
    private static let begun = [
        OnboardingCase.schema.table: NewCasePages.href, PlayTrigger.schema.table: TriggerPages.newHref,
        FlowDefinition.schema.table: FlowPages.newHref,
    ]

    /// Where the pages are.
    static let place = "/records/"

    /// The page of a new record of a table, with what is known of it already.
    static func new(_ table: String, _ known: [(String, String)] = []) -> String {
        // What is set up step by step, or in an editor, begins there.
        switch table {
        case ImportBuilder.schema.table: return "\(BuilderPages.href)/new"
        case KnowledgeArticle.schema.table: return KnowledgePages.href("new")
        case DataValidationAssist.schema.table: return CheckPages.href
        default: break
        }
        let query = known.map { "\(Fields.encoded($0.0))=\(Fields.encoded($0.1))" }.joined(separator: "&")
        return (begun[table] ?? "\(place)\(Fields.encoded(table))/new") + (query.isEmpty ? "" : "?\(query)")
    }

    private static func isNew(_ visit: Visit) -> Bool { visit.part("id") == "new" }

    /// The table of the address. Customers have their pages in the portal.
    private static func type(_ visit: Visit) throws(Problem) -> any RecordMessage.Type {
        guard visit.person?.isCustomer != true else { throw RecordTypes.nowhere() }
        return try RecordTypes.named(visit.part("table"))
    }

    private static func shown<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Page {
        isNew(visit) ? try await NewRecord<R>(visit: visit).page() : try await RecordView<R>(visit: visit).page()
    }

    // MARK: Writing

    private static func save<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Answer {
        guard !isNew(visit) else { return try await NewRecord<R>(visit: visit).create() }
        let href = RecordView<R>.href(visit)
        return try await Work.change(href, saved: "edit") { () async throws(Problem) in
            let change = try await saved(type, visit)
            return (.saved, Work.undo(change, href, visit))
        } refused: { (problem) async throws(Problem) in
            try await RecordView<R>(visit: visit, refused: problem, asked: .saving).page()
        }
    }

    /// Writes what was changed in the form. Answers what was there before; nil where nothing was changed.
    private static func saved<R: RecordMessage>(
        _ type: R.Type, _ visit: Visit
    ) async throws(Problem) -> Undos.Change? {
        let calls = RecordCalls<R>(visit)
        async let told = Outcome.of { () async throws(Problem) in try await calls.described() }
        let record = try await calls.get(visit.part("id"))
        return try await calls.save(
            record, RecordView<R>.form(RecordRights(try await told.get(), R.schema, visit), visit))
    }

    /// Does something with the record, which then is shown again.
    private static func write<R: RecordMessage>(
        _ type: R.Type, _ visit: Visit, saved form: String = "", asked: RecordView<R>.Asked = .other,
        _ write: (R) async throws(Problem) -> (done: Toast, undo: String)
    ) async throws(Problem) -> Answer {
        try await Work.change(RecordView<R>.href(visit), saved: form) { () async throws(Problem) in
            try await write(try await RecordCalls<R>(visit).get(visit.part("id")))
        } refused: { (problem) async throws(Problem) in
            try await RecordView<R>(visit: visit, refused: problem, asked: asked).page()
        }
    }

    private static func move<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Answer {
        try await write(type, visit, asked: .moving) { (record) async throws(Problem) in
            let rights = RecordRights(try await RecordCalls<R>(visit).described(), R.schema, visit)
            let moves = RecordMoves<R>(visit: visit, rights: rights)
            return (.moved, try await moves.act(record, RecordView<R>.href(visit)).undo)
        }
    }

    private static func say<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Answer {
        guard visit.form["kind"] != "template" else { return try await insert(type, visit) }
        return try await write(type, visit, saved: "say") { (record) async throws(Problem) in
            (try await RecordCalls<R>(visit).say(record.id), "")
        }
    }

    /// Nothing is said yet: a response template goes into the field; a script puts it there, without one the page comes again with it.
    private static func insert<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Answer {
        let texts = ResponseTexts(visit: visit)
        guard texts.areOffered(R.schema) else { throw RecordTypes.nowhere() }
        return try await Work.answer { () async throws(Problem) in
            let inserted = try await texts.inserted(R.schema, visit.part("id"))
            if visit.isFragment {
                return .fragment("response_text", ["text": inserted.text, "note": inserted.note])
            }
            return .page(try await RecordView<R>(visit: visit, inserted: inserted).page())
        } refused: { (problem) async throws(Problem) in
            try await RecordView<R>(visit: visit, refused: problem, asked: .other).page()
        }
    }

    private static func takeBack<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Answer {
        try await write(type, visit) { (_) async throws(Problem) in (try await Work.takeBack(visit), "") }
    }

    private static func delete<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Answer {
        try await Work.lead { () async throws(Problem) in
            let calls = RecordCalls<R>(visit)
            try await calls.delete(try await calls.get(visit.part("id")).id, etag: visit.form["etag"])
            return "\(ListPages.href(R.schema.table))?done=\(Toast.removed.rawValue)"
        } refused: { (problem) async throws(Problem) in
            try await RecordView<R>(visit: visit, refused: problem, asked: .other).page()
        }
    }

    // MARK: Files

    private static func received<R: RecordMessage>(
        _ type: R.Type, _ visit: Visit
    ) async throws(Problem) -> (FileReceiver.Target, Answer) {
        guard R.schema.verbs.contains("begin_attachment") else { throw RecordTypes.nowhere() }
        let calls = RecordCalls<R>(visit)
        let record = try await calls.get(visit.part("id"))
        return (
            calls.files.target(record.id, visit),
            .moved(to: "\(RecordView<R>.href(visit))?done=\(Toast.attached.rawValue)#files")
        )
    }

    private static func file<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Answer {
        guard R.schema.verbs.contains("read_attachment") else { throw RecordTypes.nowhere() }
        let calls = RecordCalls<R>(visit)
        let record = try await calls.get(visit.part("id"))
        return .response(try await calls.files.response(record.id, visit.part("file"), visit))
    }

    private static func showFile<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Answer {
        guard R.schema.verbs.contains("update_attachment") else { throw RecordTypes.nowhere() }
        let calls = RecordCalls<R>(visit)
        return try await calls.files.show(visit, at: RecordView<R>.href(visit)) { () async throws(Problem) in
            try await calls.get(visit.part("id")).id
        } refused: { (problem) async throws(Problem) in
            try await RecordView<R>(visit: visit, refused: problem, asked: .other).page()
        }
    }

    private static func removeFile<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> Answer {
        guard R.schema.verbs.contains("delete_attachment") else { throw RecordTypes.nowhere() }
        return try await write(type, visit) { (record) async throws(Problem) in
            try await RecordCalls<R>(visit).files.remove(record.id, visit.part("file"), visit)
            return (.removed, "")
        }
    }
}
