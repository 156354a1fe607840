import OnboardingWire
import RPC
import Records
import Roles
import Wire

/// What a page knows of the fields of its form beside the dictionary.
struct KnownFields: Sendable {
    /// Tables whose records fields name by their ids, though they are texts; and which of these may be chosen.
    var references: [String: String] = [:]
    var filter = ""
    /// Which records references may name, by their fields, where not all may be.
    var filters: [String: String] = [:]
    /// What can be chosen for fields that take any text.
    var options: [String: [Forms.Option]] = [:]

    /// The contact of work for an account is one of the account.
    static func contacts(of account: String?) -> KnownFields {
        let filter = FilterText.equal(CustomerContact.Field.account, account ?? "")
        return KnownFields(filters: [LifecycleTask.Field.contact.rawValue: filter])
    }
}

/// A form over some fields of a record, built from the dictionary: labels, kinds, choices and what is mandatory follow from it.
struct RecordForm<Record: RecordMessage>: Sendable {
    private let keys: [Record.Field]
    private let visit: Visit
    /// Mandatory fields that may be left out on a condition.
    private let conditional: Set<String>
    /// Of a new record everything is written, and nobody else has saved it meanwhile.
    private let isNew: Bool
    /// What a page knows of its fields beside the dictionary.
    private let known: KnownFields
    private let edits: Edits

    init(
        _ keys: [Record.Field], _ visit: Visit, conditional: Set<String> = [], isNew: Bool = false,
        known: KnownFields = KnownFields()
    ) {
        self.keys = keys
        self.known = known
        self.visit = visit
        self.conditional = conditional
        self.isNew = isNew
        let lists = keys.map(\.rawValue).filter { Record.schema.field($0)?.storage == .strings }
        edits = Edits(visit, lists: Set(lists))
    }

    /// The fields with what the record has; `names` says what its references are called.
    func fields(_ record: Record, names: [String: String]) -> [Forms.Field] {
        keys.compactMap { key in
            guard let index = Record.schema.index(of: key.rawValue) else { return nil }
            let field = Record.schema.fields[index]
            var value = Self.text(record[fieldAt: index])
            let kind = kind(field, value, record, names)
            if let table = Record.schema.tableField(of: field), !value.isEmpty {
                value = "\(record.single(table.name)):\(value)"
            }
            return Forms.Field(
                key.rawValue, field.label(visit.reader.language), kind, value: value,
                isRequired: field.mandatory && !conditional.contains(field.name))
        }
    }

    private func kind(
        _ field: FieldSchema, _ value: String, _ record: Record, _ names: [String: String]
    ) -> Forms.Kind {
        if let table = known.references[field.name] { return reference(to: table, known.filter, value, names) }
        if let options = known.options[field.name] { return .choice(options) }
        return switch field.type {
        case .text: .long
        case .json, .script: .code
        case .date: .date
        case .boolean: .boolean
        case .integer: .text("number")
        case .email: .text("email")
        case .choice:
            .choice(
                field.choices.map {
                    Forms.Option(Self.text($0.value), $0.label(visit.reader.language))
                })
        case .reference where field.referencedTable != nil: reference(field, value, names)
        case .documentID where Record.schema.tableField(of: field) != nil:
            .reference(
                shown: names[value] ?? value,
                choose: "/choose/\(Fields.encoded(Record.schema.tables(of: field).joined(separator: " | ")))")
        case .listOfReferences, .listOfUsers: many(field, value, names)
        case .tableName: .choice(tables(value))
        case .listOfRoles: .several(RoleCatalog.all.map { Forms.Option($0.name, $0.name) })
        case .url: .text("url")
        default: .text("text")
        }
    }

    /// Every table by what people call it; one that nobody knows is kept.
    private func tables(_ value: String) -> [Forms.Option] {
        let language = visit.reader.language
        let known = Dictionaries.all.map { Forms.Option($0.table, "\($0.label(language)) (\($0.table))") }
            .sorted { $0.label < $1.label }
        return known.contains { $0.value == value } || value.isEmpty ? known : [Forms.Option(value, value)] + known
    }

    /// Records of a list: those that are stored, and those that were chosen since.
    private func many(_ field: FieldSchema, _ value: String, _ names: [String: String]) -> Forms.Kind {
        let stored = Forms.list(value)
        let chosen = Forms.many(field.name, visit.form).filter { names[$0] != nil && !stored.contains($0) }
        return .many((stored + chosen).map { Forms.Option($0, names[$0] ?? $0) }, choose: choose(field))
    }

    private func reference(_ field: FieldSchema, _ value: String, _ names: [String: String]) -> Forms.Kind {
        reference(to: field.referencedTable ?? "", filter(field), value, names)
    }

    private func reference(
        to table: String, _ filter: String, _ value: String, _ names: [String: String]
    ) -> Forms.Kind {
        // What may not be read has no name here, and an id says nothing to people.
        let shown = names[value] ?? (value.isEmpty ? "" : visit.say("Not shown", "표시할 수 없음"))
        return .reference(shown: shown, choose: Self.choose(table, filter))
    }

    private func choose(_ field: FieldSchema) -> String {
        Self.choose(field.referencedTable ?? "", filter(field))
    }

    private static func choose(_ table: String, _ filter: String) -> String {
        "/choose/\(Fields.encoded(table))" + (filter.isEmpty ? "" : "?filter=\(Fields.encoded(filter))")
    }

    /// Which records a field may name: those that the page says, else people of the side that it is for.
    private func filter(_ field: FieldSchema) -> String {
        known.filters[field.name] ?? (field.side == .provider ? "NOT \(User.Field.account.rawValue):*" : "")
    }

    /// A form over the record: what stands in it, and where somebody else has saved meanwhile a choice for each field.
    func values(
        _ record: Record, names: [String: String], action: String, refused: Problem?, isTyped: Bool = false
    ) -> Values {
        let isStale = refused?.isStale == true
        var fields = fields(record, names: names)
        let now = Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        var form: Values = [
            "action": action, "etag": isStale || refused == nil && !isTyped ? record.etag : visit.form["etag"],
        ]
        let was =
            refused == nil && !isTyped || isStale
            ? now
            : Dictionary(
                visit.form.under("was-").map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        form.merge(edits.values(fields, now: isStale ? now : was, isConflict: isStale)) { _, own in own }
        if isNew { form["was"] = [Values]() }
        if isStale {
            for place in fields.indices {
                fields[place].value = edits.merged(fields[place].name, now: fields[place].value)
            }
        }
        let forms = Forms(visit, showsTyped: isTyped)
        form["fields"] = fields.map { field -> Values in
            var drawn = forms.values(field, refused: isStale ? nil : refused)
            if isStale, case .reference = field.kind, edits.isChanged(field.name) {
                drawn["text"] = visit.form["\(field.name)-text"]
            }
            return drawn
        }
        if let refused { form["problem"] = forms.problem(refused, fields, isMerged: isStale) }
        return form
    }

    /// Whether what somebody else has saved meanwhile leaves alone what was changed here: then both are kept.
    func isApart(from record: Record) -> Bool {
        edits.isKnown && fields(record, names: [:]).allSatisfy { !edits.isContested($0.name, now: $0.value) }
    }

    /// The record with what was posted, and the fields that were changed. A text that is no value of its field is left to the
    /// service to refuse where it can be sent at all.
    func record(id: String, etag: String) async throws(Problem) -> (Record, FieldMask) {
        var record = Record()
        record.id = id
        record.etag = etag
        let changed = keys.filter { edits.isChanged($0.rawValue) }
        var written: [String] = []
        for key in changed {
            guard let index = Record.schema.index(of: key.rawValue) else { continue }
            let field = Record.schema.fields[index]
            let value = try await entered(field, key)
            written.append(field.name)
            do throws(WireError) {
                if let table = Record.schema.tableField(of: field), let place = Record.schema.index(of: table.name) {
                    let parts = (value.string ?? "").split(separator: ":", maxSplits: 1).map { String($0) }
                    try record.setField(at: place, to: parts.count == 2 ? .string(parts[0]) : .null)
                    try record.setField(at: index, to: parts.count == 2 ? .string(parts[1]) : .null)
                    written.append(table.name)
                } else {
                    try record.setField(at: index, to: value)
                }
            } catch {
                throw .invalid(field: Record.path(key), Self.noNumber)
            }
        }
        return (record, FieldMask(paths: written))
    }

    /// What was entered into a field. Without a script what it names is looked for.
    private func entered(_ field: FieldSchema, _ key: Record.Field) async throws(Problem) -> FieldValue {
        let (lookup, filter) = (Lookup(visit), self.filter(field))
        if let table = known.references[field.name] {
            let text = try await lookup.chosen(field.name, in: table, filter: known.filter, blame: Record.path(key))
            return text.isEmpty ? .null : .string(text)
        }
        switch field.type {
        case .reference where field.referencedTable != nil:
            let text = try await lookup.chosen(
                field.name, in: field.referencedTable ?? "", filter: filter, blame: Record.path(key))
            return text.isEmpty ? .null : .string(text)
        case .documentID where Record.schema.tableField(of: field) != nil:
            let tables = Record.schema.tables(of: field).joined(separator: " | ")
            return .string(try await lookup.chosen(field.name, in: tables, filter: "", blame: Record.path(key)))
        case .listOfReferences, .listOfUsers:
            let added = try await lookup.chosen(
                Forms.adding(field.name), in: field.referencedTable ?? "", filter: filter, blame: Record.path(key))
            let all = visit.form.all(field.name) + [added]
            return .strings(all.filter { !$0.isEmpty })
        case .listOfRoles: return .strings(visit.form.all(field.name).filter { !$0.isEmpty })
        default:
            do throws(WireError) {
                return try Self.value(visit.form[field.name], field)
            } catch {
                throw .invalid(field: Record.path(key), Self.noNumber)
            }
        }
    }

    private static var noNumber: Text { Text(en: "This is no number.", ko: "숫자를 입력하세요.") }

    private static func value(_ text: String, _ field: FieldSchema) throws(WireError) -> FieldValue {
        switch field.storage {
        case .bool: return .bool(text == "true")
        case .int:
            guard !text.isEmpty else { return .null }
            guard let number = Int64(text) else { throw WireError(.outOfRange, path: field.name) }
            return .int(number)
        default: return text.isEmpty ? .null : .string(text)
        }
    }

    static func text(_ value: FieldValue) -> String {
        switch value {
        case .string(let text): text
        case .int(let number): "\(number)"
        case .bool(let flag): flag ? "true" : "false"
        case .timestamp(let time): time.rfc3339
        case .strings(let list): JSONTexts.text(list)
        case .null: ""
        }
    }
}
