import CustomerSuccessWire
import OnboardingWire
import RPC
import Roles
import Wire

/// Response templates above what is said of a record (G-113): whoever may read them chooses one, and its text, filled for the record,
/// is put behind what was typed.
struct ResponseTexts: Sendable {
    /// What a template says of a record, and what it could not say.
    struct Inserted: Sendable {
        let text: String
        let note: String
    }

    /// The most templates that are offered.
    private static let most: Int32 = 100
    /// The field of the form that has the template and, behind it, the language.
    private static let field = "template"

    let visit: Visit

    /// Whether they are offered at records of a table.
    func areOffered(_ schema: RecordSchema) -> Bool {
        guard schema.hasResponseTemplates, schema.verbs.contains("add_comment"), let person = visit.person else {
            return false
        }
        return Access.allows(person.roles, .read, on: ResponseTemplate.schema.table)
    }

    /// What can be chosen, by name, in the language of the reader and below it in the other.
    func choices(_ schema: RecordSchema) async throws(Problem) -> [Values] {
        guard areOffered(schema) else { return [] }
        var request = ListRequest()
        request.filter = "\(ResponseTemplate.Field.active.rawValue) = true"
        (request.orderBy, request.pageSize) = (ResponseTemplate.Field.name.rawValue, Self.most)
        let templates = try await visit.ask(CustomerSuccessAPI.listResponseTemplates, request).responseTemplates
        guard !templates.isEmpty else { return [] }
        let chosen = visit.form[Self.field]
        let own = visit.reader.language
        return ([own] + Language.allCases.filter { $0 != own }).map { language -> Values in
            [
                "label": language == .ko ? "한국어" : "English",
                "choices": templates.map { template -> Values in
                    let value = "\(template.id) \(language.rawValue)"
                    return ["value": value, "label": template.name ?? "", "chosen": value == chosen]
                },
            ]
        }
    }

    /// The text of the chosen template for a record.
    func inserted(_ schema: RecordSchema, _ record: String) async throws(Problem) -> Inserted {
        let chosen = visit.form[Self.field].split(separator: " ").map(String.init)
        guard chosen.count == 2 else {
            throw .invalid(
                field: RenderResponseTemplateRequest.Field.id,
                Text(en: "Choose a response template.", ko: "응답 템플릿을 선택하세요."))
        }
        var request = RenderResponseTemplateRequest()
        (request.id, request.language) = (chosen[0], chosen[1])
        (request.sourceTable, request.sourceRecord) = (schema.table, record)
        let filled = try await visit.ask(CustomerSuccessAPI.renderResponseTemplate, request)
        let open = filled.unfilled.joined(separator: ", ")
        return Inserted(
            text: filled.text,
            note: open.isEmpty
                ? ""
                : visit.say("Nothing is known for: \(open). Read the text again.", "값이 없는 항목: \(open). 내용을 확인하세요."))
    }

    /// What was typed, with the text of a template behind it.
    func joined(_ inserted: Inserted) -> String {
        let typed = visit.form[AddEntryRequest.Field.text]
        return typed.isEmpty ? inserted.text : "\(typed)\n\n\(inserted.text)"
    }
}
