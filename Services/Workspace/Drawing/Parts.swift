import Korean
import OnboardingWire
import Wire

/// The parts that pages have in common, as the templates of the design take them.
struct Parts: Sendable {
    let reader: Reader
    /// Names of people and of records by their ids.
    var names: [String: String] = [:]

    /// The name of a person; what a service did is the system's.
    func name(_ id: String) -> String {
        if let name = names[id] { return name }
        let isPerson = id.utf8.count == 36 && id.contains("-")
        return reader(isPerson ? Text(en: "Somebody", ko: "다른 사람") : Text(en: "System", ko: "시스템"))
    }

    /// An activity stream, newest first.
    func stream(_ entries: [ActivityEntry], of schema: RecordSchema) -> Values {
        [
            "entries": entries.map { entry in
                var values: Values = ["by": name(entry.by), "text": entry.text]
                if let at = entry.at { values["at"] = at }
                switch entry.kind {
                case "work_notes": values["note"] = true
                case "additional_comments": values["comment"] = true
                case "field":
                    values["change"] =
                        [
                            "label": schema.field(entry.field)?.label(reader.language) ?? entry.field,
                            "before": shown(entry.oldValue, entry.field, schema),
                            "after": shown(entry.newValue, entry.field, schema),
                        ] as Values
                default:
                    values["event"] = true
                    if entry.kind == "created" { values["text"] = reader(Text(en: "Created", ko: "생성됨")) }
                }
                return values
            }
        ]
    }

    /// The value of a field as people read it.
    func shown(_ value: String, _ field: String, _ schema: RecordSchema) -> String {
        guard !value.isEmpty, let field = schema.field(field) else { return value }
        switch field.type {
        case .choice: return field.label(of: value, reader.language)
        case .date: return CivilDate(value).map { reader.text($0) } ?? value
        case .datetime: return Timestamp(rfc3339: value).map { reader.text($0) } ?? value
        case .boolean: return reader(value == "true" ? Text(en: "Yes", ko: "예") : Text(en: "No", ko: "아니요"))
        case .reference, .listOfReferences, .listOfUsers: return names[value] ?? value
        default: return value
        }
    }

    /// Files of a record whose page is `href`.
    func files(_ attachments: [Attachment], at href: String, mayRemove: Bool, mayShow: Bool = false) -> [Seen] {
        attachments.filter(\.complete).map { file in
            let address = "\(href)/files/\(file.id)"
            return Seen(
                file,
                [
                    "href": address, "size": Self.size(file.sizeBytes), "remove": mayRemove ? "\(address)/remove" : "",
                    "show": mayShow ? "\(address)/show" : "",
                ])
        }
    }

    /// A number of bytes in words.
    static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<1_024: "\(bytes) B"
        case ..<1_048_576: "\(grouped: (bytes + 512) / 1_024) KB"
        default: "\(grouped: (bytes + 524_288) / 1_048_576) MB"
        }
    }

    /// A list with how many there are, each item with its page.
    func section(_ title: String, _ section: OnboardingCaseSection?) -> Values {
        let items = section?.items ?? []
        return [
            "title": title, "items": items.map { Seen($0, ["href": Address.of($0)]) },
            "count": section.map { "\(grouped: $0.open) / \(grouped: $0.all)" } ?? "",
        ]
    }
}

/// Where a record has its page.
enum Address {
    /// The page of what stands in a list; empty where it has none.
    static func of(_ item: WorkItem) -> String {
        of(item.table, item.number.isEmpty ? item.id : item.number, id: item.id)
    }

    /// The page of a record of `table`, by its number where that leads there.
    static func of(_ table: String, _ number: String, id: String) -> String {
        switch table {
        case "onboarding_case": "/cases/\(Fields.encoded(number))"
        case "lifecycle_task": "/tasks/\(Fields.encoded(number))"
        case "import_task": "/imports/\(Fields.encoded(id))"
        case "engagement": EngagementPages.href(number)
        case "success_objective": ObjectivePage.href(number)
        case "play_trigger": TriggerPages.href(id)
        case "flow_definition": FlowPages.href(id)
        case "import_builder": BuilderPages.href(id)
        case "data_validation_assist": CheckPages.href(id)
        case "knowledge_article": KnowledgePages.href(id)
        case "flow_run": "/plays/runs/\(Fields.encoded(id))"
        default:
            RecordTypes.has(table) && !number.isEmpty
                ? "\(RecordPages.place)\(Fields.encoded(table))/\(Fields.encoded(number))" : ""
        }
    }
}
