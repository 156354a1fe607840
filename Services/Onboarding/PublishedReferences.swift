import OnboardingWire
import Postgres
import Records
import Tenancy
import Wire

/// The records that the texts of a batch name, found with one query per table and within one account (G-59).
struct PublishedReferences {
    private let account: String
    private var matches: [NamedRecords.Naming: [String: NamedRecords.Match]] = [:]
    /// What was found last for a field: rows that follow each other often name the same.
    private var last: [String: (text: String, found: Result<String, Fault>)] = [:]

    /// Looks up `texts`, within the account with this id.
    init(
        _ texts: [NamedRecords.Naming: Set<String>], of account: String, for caller: Caller, in tx: Transaction
    ) throws {
        self.account = account
        let known = texts.compactMap { naming, texts in
            ReferenceSearch.tables[naming.table].map { (naming, NamedRecords($0.schema, by: naming.field), texts) }
        }
        guard !known.isEmpty else { return }
        let answers = try tx.walking {
            try tx.queryAll(known.map { _, records, texts in records.statement(texts, of: account, for: caller) })
        }
        for ((naming, _, _), rows) in zip(known, answers) { matches[naming] = try NamedRecords.read(rows) }
    }

    /// The id of the one record that `text` names for `field`; the fault says why there is none.
    mutating func find(
        _ text: String, by naming: NamedRecords.Naming, for field: FieldSchema
    ) -> Result<String, Fault> {
        if let last = last[field.name], last.text == text { return last.found }
        let found = lookUp(text, by: naming, for: field)
        last[field.name] = (text, found)
        return found
    }

    private func lookUp(
        _ text: String, by naming: NamedRecords.Naming, for field: FieldSchema
    ) -> Result<String, Fault> {
        let match = matches[naming]?[text.alike]
        if let fault = ReferenceFault.of(
            text, matches: match?.count ?? 0,
            isOther: naming.table == CustomerAccount.schema.table && match?.id != account,
            field.label)
        {
            return .failure(Fault(text: fault))
        }
        return .success(match?.id ?? "")
    }

    /// Why a text names no record.
    struct Fault: Error {
        let text: Text
    }
}
