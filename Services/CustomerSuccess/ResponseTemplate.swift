import CustomerSuccessWire
import RPC
import Records
import Wire

extension ResponseTemplate: Record {
    public static let storage = Storage<ResponseTemplate>(
        // There is no account to take the domain from; seen from below like every definition.
        visibility: .definition, domain: .caller,
        requiredRule: "G-113",
        constraints: [
            DatabaseRule(
                "G-113", constraint: "response_template_unique", field: .name,
                Text(en: "Another response template has this name.", ko: "이름이 같은 응답 템플릿이 이미 있습니다."))
        ])

    public static let rules: [Rule<ResponseTemplate>] = [
        Rule("G-113") { change, _ in
            for field in [Field.bodyEn, .bodyKo] where change.changes(field) {
                try check(change.new[field: field].string ?? "", field)
            }
        }
    ]

    /// A placeholder that nobody fills would stand in the mail to a customer.
    private static func check(_ body: String, _ field: Field) throws {
        for case .placeholder(let name) in TemplateText(body).pieces where TemplatePlaceholder(rawValue: name) == nil {
            let known = TemplatePlaceholder.allCases.map { "{{\($0.rawValue)}}" }.joined(separator: ", ")
            throw Problem.broken(
                "G-113", ResponseTemplate.self, field: field,
                Text(
                    en: "There is no placeholder {{\(name)}}. There are: \(known).",
                    ko: "{{\(name)}} 자리 표시자가 없습니다. 사용할 수 있는 자리 표시자: \(known)."))
        }
    }
}

/// What a response template may ask for.
enum TemplatePlaceholder: String, CaseIterable, Sendable {
    case accountName = "account.name"
    case engagementNumber = "engagement.number"
    case engagementTitle = "engagement.title"
    case contactName = "contact.name"
    case contactFirstName = "contact.first_name"
    case contactLastName = "contact.last_name"
    case recordNumber = "record.number"
    case myName = "me.name"
}

/// The body of a template, taken apart at `{{…}}`. Plain text: nothing in it is executed or escaped.
struct TemplateText: Sendable {
    /// A stretch of text as it is, or the name inside a placeholder.
    enum Piece: Sendable, Equatable {
        case text(String)
        case placeholder(String)
    }
    let pieces: [Piece]

    init(_ body: String) {
        var pieces: [Piece] = []
        var rest = body[...]
        while let start = rest.firstIndex(of: "{") {
            let inside = rest[start...].dropFirst()
            guard inside.first == "{", let end = inside.dropFirst().firstIndex(where: { $0 == "{" || $0 == "}" }),
                body[end...].hasPrefix("}}")
            else {
                pieces.append(.text(String(rest[...start])))
                rest = inside
                continue
            }
            let name = inside.dropFirst()[..<end].drop { $0 == " " }
            pieces.append(.text(String(rest[..<start])))
            pieces.append(.placeholder(String(name.prefix { $0 != " " })))
            rest = body[end...].dropFirst(2)
        }
        pieces.append(.text(String(rest)))
        self.pieces = pieces.filter { $0 != .text("") }
    }

    /// The text with every placeholder replaced; what nothing is known for is empty, and named.
    func filled(_ values: [TemplatePlaceholder: String]) -> (text: String, unfilled: [String]) {
        var text = ""
        var unfilled: [String] = []
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .placeholder(let name):
                let value = TemplatePlaceholder(rawValue: name).flatMap { values[$0] } ?? ""
                if value.isEmpty, !unfilled.contains(name) { unfilled.append(name) }
                text += value
            }
        }
        return (text, unfilled)
    }
}
