import Korean
import Mail
import NotifierWire
import RPC
import Records
import Wire

extension EmailTemplate: Record {
    public static let storage = Storage<EmailTemplate>(
        visibility: .definition, domain: .caller, requiredRule: "G-131", immutable: [.key, .language],
        constraints: [
            DatabaseRule(
                "G-131", constraint: "email_template_once", field: .key,
                Text(
                    en: "The e-mail has been replaced in this language already.", ko: "이 언어의 이메일 템플릿이 이미 있습니다."))
        ])

    /// The texts of a mail.
    static let texts: [Field] = [.subject, .text, .html]

    public static let rules: [Rule<EmailTemplate>] = [
        Rule("G-131") { change, _ in
            for field in texts where change.changes(field) {
                try check(change.new[field: field].string ?? "", of: change.new.key ?? "", field)
            }
        }
    ]

    /// Refuses a text with a placeholder that nobody fills in, and HTML that no mail should have.
    static func check(_ text: String, of key: String, _ field: Field) throws(Problem) {
        let known = (MailTemplates.placeholders[key] ?? []).filter { field != .subject || $0 != MailTemplates.link }
        do throws(MailPlaceholders.Fault) {
            try MailPlaceholders.check(text, known: Set(known))
        } catch {
            let names = known.map { "{{\($0)}}" }.joined(separator: ", ")
            throw .broken("G-131", EmailTemplate.self, field: field, error.text(names))
        }
        if field == .html { try check(html: text) }
        guard field == .subject, text.contains(where: \.isNewline) else { return }
        throw .broken(
            "G-131", EmailTemplate.self, field: field,
            Text(en: "The subject is one line.", ko: "제목은 한 줄이어야 합니다."))
    }

    /// What is wrong with a text as the value of its field: it is missing, or too long. Nil when nothing is.
    static func fault(in text: String, _ field: Field) -> Problem.Violation? {
        guard let schema = schema.field(field.rawValue) else { return nil }
        let missing = Text(en: "\(schema.label.en) is mandatory.", ko: "\(schema.label.ko, .topic) 필수입니다.")
        let fault = text.isEmpty ? missing : Validation.fault(.string(text), schema)
        return fault.map { .init(field: path(field), text: $0, rule: storage.requiredRule) }
    }

    private static func check(html: String) throws(Problem) {
        do throws(MailHTML.Fault) {
            try MailHTML.check(html)
        } catch {
            throw .broken("G-131", EmailTemplate.self, field: .html, error.text)
        }
    }
}

extension MailHTML.Fault {
    /// What people read.
    fileprivate var text: Text {
        switch self {
        case .element(let name):
            Text(en: "An e-mail does not have the element <\(name)>.", ko: "이메일에는 <\(name)> 요소를 사용할 수 없습니다.")
        case .attribute(let name):
            Text(
                en: "The attribute \(name) is not allowed, or its value stands without quotes.",
                ko: "\(name) 속성을 사용할 수 없거나 속성 값에 따옴표가 없습니다.")
        case .address(let address):
            Text(
                en: "'\(address)' is neither a web address nor an e-mail address.",
                ko: "'\(address)' 값은 웹 주소나 이메일 주소가 아닙니다.")
        case .unbalanced(let name):
            Text(
                en: "The element <\(name)> is not closed, or closed where it is not open.",
                ko: "<\(name)> 요소가 닫히지 않았거나, 열리지 않은 곳에서 닫혔습니다.")
        case .malformed(let tag):
            Text(en: "'\(tag)' is not a valid tag.", ko: "'\(tag)' 부분은 올바른 태그가 아닙니다.")
        }
    }
}

extension MailPlaceholders.Fault {
    /// What people read; `known` are the placeholders there are.
    fileprivate func text(_ known: String) -> Text {
        switch self {
        case .unknown(let name):
            Text(
                en: "There is no placeholder {{\(name)}}. There are: \(known).",
                ko: "{{\(name)}} 자리 표시자가 없습니다. 사용할 수 있는 자리 표시자: \(known).")
        case .notAllowed(let tag):
            Text(
                en: "Only placeholders and sections may stand in braces, not {{\(tag)}}.",
                ko: "중괄호 안에는 자리 표시자와 구역만 쓸 수 있습니다. 사용할 수 없는 내용: {{\(tag)}}.")
        case .section(let name):
            Text(
                en: "The section {{#\(name)}} is not closed, not opened, or within another.",
                ko: "{{#\(name)}} 구역이 닫히지 않았거나, 열리지 않았거나, 다른 구역 안에 있습니다.")
        }
    }
}
