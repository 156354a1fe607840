import OnboardingWire
import RPC
import Records
import Wire

/// A form over some fields of a record, built from the dictionary: labels, kinds, choices and what is mandatory follow from it.
struct RecordForm<Record: RecordMessage>: Sendable {
    private let keys: [Record.Field]
    private let visit: Visit

    init(_ keys: [Record.Field], _ visit: Visit) {
        self.keys = keys
        self.visit = visit
    }

    /// The fields with what the record has; `names` says what its references are called.
    func fields(_ record: Record, names: [String: String]) -> [Forms.Field] {
        keys.compactMap { key in
            guard let index = Record.schema.index(of: key.rawValue) else { return nil }
            let field = Record.schema.fields[index]
            let value = Self.text(record[fieldAt: index])
            return Forms.Field(
                key.rawValue, field.label(visit.reader.language), kind(field, value, names), value: value,
                isRequired: field.mandatory)
        }
    }

    private func kind(_ field: FieldSchema, _ value: String, _ names: [String: String]) -> Forms.Kind {
        switch field.type {
        case .text: .long
        case .date: .date
        case .boolean: .boolean
        case .integer: .text("number")
        case .email: .text("email")
        case .choice:
            .choice(
                field.choices.map {
                    Forms.Option(Self.text($0.value), $0.label(visit.reader.language))
                })
        case .reference: reference(field, value, names)
        default: .text("text")
        }
    }

    private func reference(_ field: FieldSchema, _ value: String, _ names: [String: String]) -> Forms.Kind {
        let (table, filter) = (field.referencedTable ?? "", Self.filter(field))
        let query = filter.isEmpty ? "" : "?filter=\(Fields.encoded(filter))"
        return .reference(shown: names[value] ?? value, choose: "/choose/\(Fields.encoded(table))\(query)")
    }

    /// Where the people stand whom a field may name.
    private static func filter(_ field: FieldSchema) -> String {
        field.side == .provider ? "NOT \(User.Field.account.rawValue):*" : ""
    }

    /// A form over the record: what stands in it, and where somebody else has saved meanwhile a choice for each field.
    func values(
        _ record: Record, names: [String: String], action: String, refused: Problem?
    ) -> Values {
        let isStale = refused?.isStale == true
        let edits = Edits(visit)
        var fields = fields(record, names: names)
        let now = Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        var form: Values = ["action": action, "etag": isStale || refused == nil ? record.etag : visit.form["etag"]]
        let was =
            refused == nil || isStale
            ? now
            : Dictionary(
                visit.form.under("was-").map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        form.merge(edits.values(fields, now: isStale ? now : was, isConflict: isStale)) { _, own in own }
        if isStale {
            for place in fields.indices {
                fields[place].value = edits.merged(fields[place].name, now: fields[place].value)
            }
        }
        let forms = Forms(visit)
        form["fields"] = fields.map { field -> Values in
            var drawn = forms.values(field, refused: isStale ? nil : refused)
            if isStale, case .reference = field.kind, edits.isChanged(field.name) {
                drawn["text"] = visit.form["\(field.name)-text"]
            }
            return drawn
        }
        if let refused { form["problem"] = forms.problem(refused, fields) }
        return form
    }

    /// Whether what somebody else has saved meanwhile leaves alone what was changed here: then both are kept.
    func isApart(from record: Record) -> Bool {
        let edits = Edits(visit)
        return edits.isKnown && fields(record, names: [:]).allSatisfy { !edits.isContested($0.name, now: $0.value) }
    }

    /// The record with what was posted, and the fields that were changed. A text that is no value of its field is left to the
    /// service to refuse where it can be sent at all.
    func record(id: String, etag: String) async throws(Problem) -> (Record, FieldMask) {
        var record = Record()
        record.id = id
        record.etag = etag
        let edits = Edits(visit)
        let changed = keys.filter { edits.isChanged($0.rawValue) }
        for key in changed {
            guard let index = Record.schema.index(of: key.rawValue) else { continue }
            let field = Record.schema.fields[index]
            var text = visit.form[key.rawValue]
            if let table = field.referencedTable, field.type == .reference {
                text = try await Lookup(visit).chosen(
                    key.rawValue, in: table, filter: Self.filter(field), blame: Record.path(key))
            }
            do throws(WireError) {
                try record.setField(at: index, to: Self.value(text, field))
            } catch {
                throw .invalid(field: Record.path(key), Text(en: "This is no number.", ko: "숫자를 입력하세요."))
            }
        }
        return (record, FieldMask(paths: changed.map(\.rawValue)))
    }

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

    private static func text(_ value: FieldValue) -> String {
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
