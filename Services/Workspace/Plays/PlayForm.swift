import Foundation
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

/// The questions of a play as fields of a form, and what was answered as the launcher takes it (G-76).
struct PlayForm: Sendable {
    let visit: Visit
    let questions: [PlayQuestion]
    /// The account that the play is about, where it is known: its contacts and products can be chosen.
    let account: String
    /// What the names of its fields begin with, where they stand in a form with others.
    var prefix = ""

    private func name(_ question: PlayQuestion) -> String { prefix + question.name }

    /// The fields, in the order of the questions.
    func fields() async throws(Problem) -> [Forms.Field] {
        var fields: [Forms.Field] = []
        for question in questions {
            fields.append(
                Forms.Field(
                    name(question), question.label, try await kind(question), value: question.default,
                    key: question.name, isRequired: question.mandatory))
        }
        return fields
    }

    private func kind(_ question: PlayQuestion) async throws(Problem) -> Forms.Kind {
        if !question.options.isEmpty { return .choice(question.options.map { Forms.Option($0.value, $0.label) }) }
        switch question.type {
        case "date": return .date
        case "boolean": return .boolean
        case "integer", "number": return .text("number")
        case "string": return question.name.hasSuffix("description") ? .long : .text("text")
        default: break
        }
        let parts = question.type.split(separator: ":").map(String.init)
        guard parts.count == 2 else { return .text("text") }
        let (table, filter) = (parts[1], filter(parts[1]))
        if parts[0] == "references" {
            let found = try await Lookup(visit).find("", in: table, filter: filter, limit: Lookup.limit)
            return .several(found.map { Forms.Option($0.id, $0.text) })
        }
        let query = filter.isEmpty ? "" : "?filter=\(Fields.encoded(filter))"
        let names = try await Lookup(visit).names(of: [question.default], in: table)
        return .reference(
            shown: names[question.default] ?? "", choose: "/choose/\(Fields.encoded(table))\(query)")
    }

    /// What can be chosen: people of the provider, and of other records those of the account.
    private func filter(_ table: String) -> String {
        if table == User.schema.table { return "NOT \(User.Field.account.rawValue):*" }
        guard !account.isEmpty, Dictionaries.schema(table)?.field(CustomerContact.Field.account.rawValue) != nil else {
            return ""
        }
        return FilterText.equal(CustomerContact.Field.account, account)
    }

    private func number(_ text: String) -> (any Sendable)? {
        if let number = Double(text) { return number }
        return text.isEmpty ? nil : text
    }

    /// What was answered, as JSON. What was left open is left out: then its default is taken.
    func answers() async throws(Problem) -> String {
        var answers: [String: any Sendable] = [:]
        for question in questions {
            let text = visit.form[name(question)]
            switch question.type {
            case "boolean": answers[question.name] = text == "true"
            // What is no number is left to the launcher to refuse.
            case "integer", "number": answers[question.name] = number(text)
            case let type where type.hasPrefix("references:"):
                let chosen = visit.form.all(name(question)).filter { !$0.isEmpty }
                answers[question.name] = chosen.isEmpty ? nil : chosen
            case let type where type.hasPrefix("reference:"):
                let table = String(type.dropFirst("reference:".count))
                let id = try await Lookup(visit).chosen(
                    name(question), in: table, filter: filter(table), blame: question.name)
                answers[question.name] = id.isEmpty ? nil : id
            default: answers[question.name] = text.isEmpty ? nil : text
            }
        }
        guard let data = try? JSONSerialization.data(withJSONObject: answers, options: .sortedKeys) else {
            throw .internalError(cause: "answers cannot be encoded")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
