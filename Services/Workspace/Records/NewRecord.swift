import Foundation
import OnboardingWire
import RPC
import Records
import Wire

/// The page of a record that is not there yet. What is known of it stands in the address: `/records/touchpoint/new?engagement=…`.
struct NewRecord<R: RecordMessage>: Sendable {
    let visit: Visit

    /// The form; NOT_FOUND for whoever may not create such a record.
    func page(refused: Problem? = nil) async throws(Problem) -> Page {
        let rights = try await rights()
        let record = begun(rights)
        var named = RecordNames()
        named.add(record, visit.form)
        let names = await named.found(visit)
        let label = R.schema.label(visit.reader.language)
        let title = visit.reader(Text(en: "New: \(R.schema.label(.en))", ko: "새로 만들기: \(R.schema.label(.ko))"))
        var values: Values = [
            "heading": title, "cancel": RecordView<R>.list(visit).href,
            "once": visit.form["once"].isEmpty ? UUID().uuidString.lowercased() : visit.form["once"],
            "form": RecordView<R>.form(rights, visit, isNew: true).values(
                record, names: names, action: "\(RecordPages.place)\(R.schema.table)/new", refused: refused),
        ]
        values["what"] = label
        var page = Page(template: "record_new", title: title, values: values)
        page.trail = RecordView<R>.trail(visit)
        return page
    }

    /// Creates the record and leads to its page.
    func create() async throws(Problem) -> Answer {
        try await Work.lead { () async throws(Problem) in
            let form = RecordView<R>.form(try await rights(), visit, isNew: true)
            let (record, _) = try await form.record(id: "", etag: "")
            let made = try await RecordCalls<R>(visit).create(record, once: visit.form["once"])
            let number = made.single(.number)
            let href = Address.of(R.schema.table, number.isEmpty ? made.id : number, id: made.id)
            return "\(href)?done=\(Toast.created.rawValue)&saved=edit"
        } refused: { (problem) async throws(Problem) in
            try await page(refused: problem)
        }
    }

    private func rights() async throws(Problem) -> RecordRights {
        let rights = RecordRights(try await RecordCalls<R>(visit).described(), R.schema, visit)
        guard rights.may(.create, "create") else { throw RecordTypes.nowhere() }
        return rights
    }

    /// What a new record begins with, and what the address says of it.
    private func begun(_ rights: RecordRights) -> R {
        var record = R()
        for (index, field) in R.schema.fields.enumerated() where !field.outputOnly {
            try? record.setField(at: index, to: field.defaultValue)
        }
        var open = Set(rights.entered(isNew: true).map(\.name))
        open.formUnion(R.schema.fields.compactMap { R.schema.tableField(of: $0)?.name })
        record.take(visit.query, open)
        return record
    }
}

extension RecordMessage {
    /// Takes what an address says of the fields that are `open`. What does not fit its field is left out.
    mutating func take(_ query: Fields, _ open: Set<String>) {
        for (name, value) in query.pairs where open.contains(name) && !value.isEmpty {
            guard let index = Self.schema.index(of: name) else { continue }
            try? setField(at: index, to: .string(value))
        }
    }
}
