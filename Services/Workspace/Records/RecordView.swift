import Korean
import OnboardingWire
import RPC
import Records
import Wire

/// The page of any record: how it stands, its form, what can be done with it, and what stands beside it.
struct RecordView<R: RecordMessage>: Sendable {
    /// What was refused, and what had been asked for.
    enum Asked: Sendable {
        case nothing, saving, moving, other
    }

    let visit: Visit
    var refused: Problem?
    var asked = Asked.nothing
    /// What a response template has said, to be put behind what was typed.
    var inserted: ResponseTexts.Inserted?

    private var language: Language { visit.reader.language }
    private static var schema: RecordSchema { R.schema }

    /// The address of the page of the record that the visit is about.
    static func href(_ visit: Visit) -> String {
        "/records/\(R.schema.table)/\(Fields.encoded(visit.part("id")))"
    }

    /// Everything that the page is drawn from, asked for beside each other.
    func page() async throws(Problem) -> Page {
        let (visit, calls, id) = (visit, RecordCalls<R>(visit), visit.part("id"))
        async let told = Outcome.of { () async throws(Problem) in try await calls.described() }
        async let said = Part.of { () async throws(Problem) in try await calls.activity(id) }
        async let kept = Part.of { () async throws(Problem) in try await calls.attachments(id) }
        async let offered = Part.of { () async throws(Problem) in
            try await ResponseTexts(visit: visit.beside).choices(R.schema)
        }
        let record = try await calls.get(id)
        let rights = RecordRights(try await told.get(), R.schema, visit)
        let related = RecordRelated(visit: visit, schema: R.schema)
        async let lists = related.values(of: record.id)
        let (stream, files, templates) = (await said, await kept, await offered)
        var named = RecordNames()
        named.add(record, visit.form)
        named.add(stream.value ?? [], R.schema)
        let names = await named.found(visit)
        let parts = Parts(reader: visit.reader, names: names)
        let href = Self.href(visit)
        var values: Values = [
            "href": href, "number": record.single(.number), "heading": Self.name(record, rights, visit),
            "badges": badges(record, rights), "etag": record.etag, "facts": facts(record, rights, names),
            "stream": parts.stream(stream.value ?? [], of: R.schema), "related": await lists,
            "away": visit.missing([
                (stream.isAway, visit.say("activity", "활동")), (files.isAway, visit.say("files", "파일")),
                (templates.isAway, visit.say("response templates", "응답 템플릿")),
            ]),
        ]
        let isOpen = record.single(.active) != "false"
        values.merge(actions(record, rights, href)) { _, own in own }
        values.merge(beside(record, rights, parts, files.value, href, isOpen: isOpen)) { _, own in own }
        values.merge(spoken(rights, href, templates.value ?? [])) { _, own in own }
        // What was typed stands there, also when the record has ended meanwhile.
        let isEdited = isOpen || rights.table.states.isEmpty || asked == .saving
        if !rights.entered(isNew: false).isEmpty, isEdited, rights.may(.write, "update") {
            values["form"] = form(record, rights, names, href)
        }
        if let refused, asked != .saving {
            values["problem"] = ["text": refused.text(language)] as Values
        }
        var page = Page(
            template: "record", title: "\(record.single(.number)) \(Self.name(record, rights, visit))".trimmed,
            values: values)
        page.trail = Self.trail(visit)
        let number = record.single(.number)
        let own = Address.of(R.schema.table, number.isEmpty ? record.id : number, id: record.id)
        if own != href, !own.hasPrefix(RecordPages.place) {
            page.trail.append(Crumb(label: number, href: own))
        }
        if LiveTopic.isLive(R.schema.table) {
            page.live = LiveTopic.record(table: R.schema.table, id: record.id).text
        }
        return page
    }

    /// The way to a page: where somebody begins, and the list of the table.
    static func trail(_ visit: Visit) -> [Crumb] {
        let (home, list) = (Navigation.home(visit), list(visit))
        return home.href.hasPrefix(list.href) ? [home] : [home, list]
    }

    /// The list of the table, above a page.
    static func list(_ visit: Visit) -> Crumb {
        let table = ListedTable.named(R.schema.table)
        return Crumb(
            label: table.map { visit.reader($0.title) } ?? R.schema.label(visit.reader.language),
            href: ListPages.href(R.schema.table))
    }

    private static func name(_ record: R, _ rights: RecordRights, _ visit: Visit) -> String {
        let (name, label) = (Lookup.name(of: record), R.schema.label(visit.reader.language))
        return name == record.id || name == record.single(.number) ? label : name
    }

    // MARK: What it says

    /// Choices that say how a record stands.
    private static var standing: [String] { ["state", "stage", "progress", "perceived_health"] }

    private func badges(_ record: R, _ rights: RecordRights) -> [Values] {
        let readable = Set(rights.readable.map(\.name))
        return Self.standing.filter(readable.contains).compactMap { name in
            let value = record.single(name)
            guard !value.isEmpty, let field = R.schema.field(name), field.type == .choice else { return nil }
            return ["value": value, "label": field.label(of: value, language), "field": field.label(language)]
        }
    }

    /// What is not in the form: what cannot be changed, and what it refers to, each with its page.
    private func facts(_ record: R, _ rights: RecordRights, _ names: [String: String]) -> [Values] {
        let heading = Lookup.name(of: record)
        let hidden = Set(Self.standing + ["id", "etag", "domain", "number", "active"])
        let isOpen = record.single(.active) != "false" || rights.table.states.isEmpty
        let entered = isOpen ? Set(rights.entered(isNew: false).map(\.name)) : []
        // Who made it and when stands below.
        let readable = rights.readable.filter { !Self.ofTheSystem.contains($0.name) }
        let last = rights.readable.filter { Self.ofTheSystem.contains($0.name) }
        return (readable + last).flatMap { field -> [Values] in
            guard !hidden.contains(field.name), record.single(field.name) != heading, field.type != .journal,
                field.type != .attachment,
                !entered.contains(field.name) || field.type == .reference || field.type == .documentID,
                let index = R.schema.index(of: field.name)
            else { return [] }
            return fact(field, record[fieldAt: index], record, names)
        }
    }

    private static var dues: [String] {
        ["due_date", "planned_stop", "target_date", "renewal_date", "expected_date"]
    }

    private static var ofTheSystem: [String] { ["created_at", "created_by", "updated_at", "updated_by"] }

    private func fact(
        _ field: FieldSchema, _ value: FieldValue, _ record: R, _ names: [String: String]
    ) -> [Values] {
        let label = field.label(language)
        switch (field.type, value) {
        case (_, .null), (_, .string("")), (_, .strings([])): return []
        case (.reference, .string(let id)), (.documentID, .string(let id)):
            let table = R.schema.tableField(of: field).map { record.single($0.name) } ?? field.referencedTable ?? ""
            guard let name = names[id] else { return table.isEmpty ? [.fact(label, id)] : [] }
            return [.fact(label, name, href: Address.of(table, id, id: id))]
        case (.date, .string(let day)):
            // Only what was to be done by a day is late after it.
            guard !Self.dues.contains(field.name), let past = CivilDate(day), past < visit.reader.today else {
                return [.fact(label, date: day)]
            }
            return [.fact(label, visit.reader.text(past))]
        case (_, .timestamp(let time)): return [.fact(label, visit.reader.text(time))]
        case (_, .strings(let all)):
            let shown = all.compactMap { field.type == .listOfRoles ? $0 : names[$0] }
            return shown.isEmpty ? [] : [.fact(label, shown.joined(separator: ", "))]
        case (_, .bool(let flag)): return [.fact(label, ListQuery.flag(flag, visit.reader))]
        case (.string, .string(let id)) where ["created_by", "updated_by"].contains(field.name):
            return [.fact(label, Parts(reader: visit.reader, names: names).name(id))]
        case (.tableName, .string(let table)):
            return [.fact(label, Dictionaries.schema(table)?.label(language) ?? table)]
        case (.currency, .string(let amount)):
            return [.fact(label, SuccessParts(visit: visit).amount(amount, record.single("currency")))]
        case (.integer, .int(let number)): return [.fact(label, "\(grouped: number)")]
        default:
            let text = RecordForm<R>.text(value)
            return [.fact(label, field.type == .choice ? field.label(of: text, language) : text)]
        }
    }

    // MARK: What can be done

    private func actions(_ record: R, _ rights: RecordRights, _ href: String) -> Values {
        let moves = RecordMoves<R>(visit: visit, rights: rights).values(
            record, refused: asked == .moving ? refused : nil)
        var values = moves
        values["plays"] =
            R.schema.launchesPlays && visit.person.map(PlayOrigin.isOffered) == true
            ? PlayOrigin(R.schema, id: record.id).text : ""
        values["links"] = RecordAction.links(of: R.schema.table, record.id, for: visit.person).map { label, href in
            ["label": visit.reader(label), "href": href] as Values
        }
        values["delete"] = rights.may(.delete, "delete") ? "\(href)/delete" : ""
        return values
    }

    private func form(_ record: R, _ rights: RecordRights, _ names: [String: String], _ href: String) -> Values {
        Self.form(rights, visit).values(
            record, names: names, action: href, refused: asked == .saving ? refused : nil)
    }

    /// The form of what the person may write.
    static func form(_ rights: RecordRights, _ visit: Visit, isNew: Bool = false) -> RecordForm<R> {
        RecordForm(
            rights.entered(isNew: isNew).compactMap { R.Field(rawValue: $0.name) }, visit,
            conditional: rights.conditional, isNew: isNew)
    }

    /// Where something is said of it, with what was typed, and the templates for that.
    private func spoken(_ rights: RecordRights, _ href: String, _ templates: [Values]) -> Values {
        guard rights.mayComment || rights.mayNote else { return ["say": "", "typed": ["text": ""] as Values] }
        let typed = refused == nil ? "" : visit.form[AddEntryRequest.Field.text]
        return [
            "say": [
                "action": "\(href)/say", "comment": rights.mayComment, "note": rights.mayNote,
                "templates": rights.mayComment ? templates : [], "inserted": inserted?.note ?? "",
            ] as Values,
            "typed": ["text": inserted.map(ResponseTexts(visit: visit).joined) ?? typed] as Values,
        ]
    }

    private func beside(
        _ record: R, _ rights: RecordRights, _ parts: Parts, _ attachments: [Attachment]?, _ href: String, isOpen: Bool
    ) -> Values {
        var values: Values = ["files": "", "hasStream": R.schema.verbs.contains("list_activity")]
        guard R.schema.verbs.contains("list_attachments") else { return values }
        let mayAttach = isOpen && rights.mayAttach
        values["files"] =
            [
                "attachments": parts.files(attachments ?? [], at: href, mayRemove: mayAttach, mayShow: mayAttach),
                "drop": mayAttach ? ["action": "\(href)/files", "shows": true] as Values : "",
            ] as Values
        return values
    }
}
