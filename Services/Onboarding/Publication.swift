import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// The publication of one batch into the table of `R`, inside one transaction.
///
/// Everything is read first, with one query per referred table and one for existing records; new records then go out
/// together. Only when the database refuses such a batch are its rows tried one by one, so that a failing row is
/// reported alone and never holds back the others (G-56).
struct Publication<R: StandardRecord> {
    private let batch: PublishBatch
    private let key: [Int]
    /// For each column the position of its field in the dictionary, and the field.
    private let columns: [Int]
    private let fields: [FieldSchema]
    /// For each field the table it refers to, and by what its texts name records there.
    private let namings: [NamedRecords.Naming]
    private let store: Store<R>
    private let tx: Transaction

    /// A row that became a record, on its way.
    private struct Draft {
        let position: Int
        let record: R
        /// The fields whose cells hold something, by their positions in the dictionary.
        let filled: [Int]
        let key: [FieldValue]
        /// What a plan has seen; nil when the row is published by none.
        let planned: PlannedRow?

        /// Stands for what the row says.
        var content: String {
            RecordID.derived(
                from: filled.map { "\(R.schema.fields[$0].name) \(record[fieldAt: $0].text)" }.joined(separator: "\n"))
        }

        /// Stands for the record that the row becomes, which may be there.
        func name(_ known: R?) -> String {
            RecordID.derived(from: known?.id ?? key.map(\.text).joined(separator: "\n"))
        }

        /// Whether all is as the plan has seen it.
        func isAsPlanned(_ known: R?) -> Bool {
            guard let planned else { return true }
            return planned.targetRecord == known?.id ?? "" && planned.etag == known?.etag ?? ""
                && planned.content == content
        }
    }

    init(_ batch: PublishBatch, key: [String], _ tx: Transaction) {
        self.batch = batch
        self.key = key.compactMap { R.schema.index(of: $0) }
        columns = batch.request.columns.compactMap { R.schema.index(of: $0) }
        fields = columns.map { R.schema.fields[$0] }
        let named = batch.request.referenceFields
        namings = fields.enumerated().map { position, field in
            NamedRecords.Naming(
                table: field.referencedTable ?? "", field: position < named.count ? named[position] : "")
        }
        store = Store<R>(batch.database)
        self.tx = tx
    }

    /// One result per row, in the order of the rows.
    func run() throws -> [PublishResult] {
        var results = batch.request.rows.map { row in
            var result = PublishResult()
            result.rowID = row.rowID
            return result
        }
        let cells = batch.request.rows.map(cells(of:))
        var references = try PublishedReferences(
            texts(in: cells), of: batch.account, for: batch.context.caller, in: tx)
        var drafts: [Draft] = []
        for (position, row) in cells.enumerated() {
            switch draft(row, at: position, &references) {
            case .success(let draft): drafts.append(draft)
            case .failure(let faults): results[position].fail(faults.list, batch.language)
            }
        }
        var known = try drafts.allSatisfy { $0.planned != nil } ? named(drafts) : existing(drafts)
        let told = told(drafts, known)
        for draft in drafts.dropFirst(told) { results[draft.position].outcome = PublishResult.Outcome.deferred }
        var fresh: [Draft] = []
        var others: [Draft] = []
        var seen: Set<[FieldValue]> = []
        for draft in drafts.prefix(told) {
            if batch.request.dryRun {
                results[draft.position].key = draft.name(known[draft.key])
                results[draft.position].content = draft.content
            }
            guard draft.isAsPlanned(known[draft.key]) else {
                results[draft.position].take(MergeOutcome<R>.moved, batch)
                continue
            }
            // The second row with the same key changes what the first one made.
            if known[draft.key] == nil, seen.insert(draft.key).inserted {
                fresh.append(draft)
            } else {
                others.append(draft)
            }
        }
        for (draft, outcome) in try create(fresh) {
            if !others.isEmpty, let record = outcome.record { known[draft.key] = record }
            results[draft.position].take(outcome, batch)
        }
        for draft in others {
            let outcome = try merge(draft, with: known[draft.key])
            if let record = outcome.record { known[draft.key] = record }
            results[draft.position].take(outcome, batch)
        }
        return results
    }

    /// How many drafts from the start one answer can tell of, field by field; at least one. The others are sent again.
    private func told(_ drafts: [Draft], _ known: [[FieldValue]: R]) -> Int {
        drafts.fitting(Publishing.answerBytes) { draft in
            let old = known[draft.key]
            return draft.filled.reduce(300) { sum, index in
                let (field, value) = (R.schema.fields[index], draft.record[fieldAt: index])
                if let old, field.isSame(old[fieldAt: index], value) { return sum }
                return sum + field.name.utf8.count + value.text.utf8.count
                    + (old?[fieldAt: index].text.utf8.count ?? 0)
            }
        }.count
    }

    // MARK: Reading

    /// The cells of a row; nil when it has not one for each column.
    private func cells(of row: PublishRow) -> [PublishedCell]? {
        guard row.values.count == fields.count else { return nil }
        return zip(row.values, fields).map { PublishedCell($0, for: $1) }
    }

    private func texts(in rows: [[PublishedCell]?]) -> [NamedRecords.Naming: Set<String>] {
        var texts: [NamedRecords.Naming: Set<String>] = [:]
        for row in rows {
            for (cell, naming) in zip(row ?? [], namings) {
                if case .reference(let text) = cell { texts[naming, default: []].insert(text) }
            }
        }
        return texts
    }

    private struct Faults: Error {
        var list: [RowFault]
    }

    private func draft(
        _ cells: [PublishedCell]?, at position: Int, _ references: inout PublishedReferences
    ) -> Result<Draft, Faults> {
        guard let cells else {
            return .failure(
                Faults(list: [
                    RowFault(
                        text: Text(en: "The row has not one value for each column.", ko: "행에 있는 값의 수가 열의 수와 다릅니다."))
                ]))
        }
        var record = R()
        var filled: [Int] = []
        var faults: [RowFault] = []
        for (column, cell) in cells.enumerated() {
            let field = fields[column]
            switch cell {
            case .fault(let text): faults.append(RowFault(field: field.name, text: text))
            case .value(.null): break
            case .value(let value):
                record[fieldAt: columns[column]] = value
                filled.append(columns[column])
            case .reference(let text):
                switch references.find(text, by: namings[column], for: field) {
                case .success(let id):
                    record[fieldAt: columns[column]] = .string(id)
                    filled.append(columns[column])
                case .failure(let fault): faults.append(RowFault(field: field.name, text: fault.text))
                }
            }
        }
        // What a workbook brings belongs to the account of the case, whether or not a column says so.
        if let index = R.schema.index(like: Location.Field.account) { record[fieldAt: index] = .string(batch.account) }
        if faults.isEmpty {
            for (index, field) in R.schema.fields.enumerated()
            where field.mandatory && !field.outputOnly && record[fieldAt: index].isEmpty {
                let text = Text(en: "\(field.label.en) is mandatory.", ko: "\(field.label.ko, .topic) 필수입니다.")
                faults.append(RowFault(field: field.name, text: text))
            }
        }
        guard faults.isEmpty else { return .failure(Faults(list: faults)) }
        return .success(
            Draft(
                position: position, record: record, filled: filled, key: key(of: record),
                planned: batch.request.rows[position].planned))
    }

    private func key(of record: R) -> [FieldValue] {
        key.map { index in
            let value = record[fieldAt: index]
            guard Self.isFolded(R.schema.fields[index]), let text = value.string else { return value }
            return .string(text.alike)
        }
    }

    /// Whether texts of a field are the same that look alike; ids and choices are what they are.
    private static func isFolded(_ field: FieldSchema) -> Bool { field.type == .string || field.type == .email }

    /// The records among which a row may find its own.
    private var bounds: SQL {
        R.schema.index(like: Location.Field.account) != nil ? "account = \(batch.account)" : "true"
    }

    /// Records that are there already, by their keys. Found through the text of the key, which tells most.
    private func existing(_ drafts: [Draft]) throws -> [[FieldValue]: R] {
        guard
            let told = key.lastIndex(where: { Self.isFolded(R.schema.fields[$0]) })
                ?? key.lastIndex(where: { R.schema.fields[$0].type == .reference }),
            !drafts.isEmpty
        else { return [:] }
        let field = R.schema.fields[key[told]]
        let texts = Set(drafts.compactMap { $0.key[told].string }).sorted()
        let condition: SQL =
            Self.isFolded(field)
            ? "id = ANY(ARRAY(SELECT id FROM (\(AlikeSQL.lookup(field.name, texts, in: R.schema, bounds))) AS alike)) ORDER BY id"
            : "\(identifier: field.name) = ANY(\(texts)) AND " + bounds
        var known: [[FieldValue]: R] = [:]
        let found = try tx.walking { try store.find(where: condition, in: tx) }
        for record in found { known[key(of: record)] = record }
        return known
    }

    /// Records that a plan has found for its rows, by the keys of these. One that a row is to make is not looked for: where it
    /// is there by now, the index of the key refuses the row.
    private func named(_ drafts: [Draft]) throws -> [[FieldValue]: R] {
        let ids = Set(drafts.compactMap { $0.planned?.targetRecord }.filter(Validation.isUUID)).sorted()
        guard !ids.isEmpty else { return [:] }
        let found = try store.find(where: "id = ANY(\(ids)::uuid[]) AND " + bounds, in: tx)
        let records = Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
        var known: [[FieldValue]: R] = [:]
        for draft in drafts {
            guard let id = draft.planned?.targetRecord, let record = records[id], key(of: record) == draft.key else {
                continue
            }
            known[draft.key] = record
        }
        return known
    }

    // MARK: Writing

    private func create(_ drafts: [Draft]) throws -> [(Draft, MergeOutcome<R>)] {
        guard !drafts.isEmpty else { return [] }
        do {
            let records = try tx.savepoint {
                let records = try store.createAll(drafts.map(\.record), batch.context, in: tx)
                try tx.flush()
                return records
            }
            return zip(drafts, records).map { ($0, .created($1)) }
        } catch {
            try rethrowUnlessOfOneRow(error)
            // Somebody else may have brought the same rows in the meantime.
            let known = try existing(drafts)
            return try drafts.map { draft in
                let found = known[draft.key]
                return (draft, draft.isAsPlanned(found) ? try merge(draft, with: found) : .moved)
            }
        }
    }

    /// Creates the record of a row, or changes the existing one where the row says otherwise. An empty cell leaves the
    /// field as it is.
    private func merge(_ draft: Draft, with known: R?) throws -> MergeOutcome<R> {
        guard let known else {
            return try alone { .created(try store.create(draft.record, batch.context, in: tx)) }
        }
        let different = draft.filled.filter { index in
            !R.schema.fields[index].isSame(known[fieldAt: index], draft.record[fieldAt: index])
        }
        guard !different.isEmpty else { return .unchanged(known) }
        var values = draft.record
        values.id = known.id
        values.etag = draft.planned?.etag ?? ""
        let mask = FieldMask(paths: different.map { R.schema.fields[$0].name })
        return try alone { .updated(try store.update(values, mask: mask, batch.context, in: tx), from: known) }
    }

    /// Runs the work of one row so that it can fail alone.
    private func alone(_ body: () throws -> MergeOutcome<R>) throws -> MergeOutcome<R> {
        do {
            return try tx.savepoint(body)
        } catch {
            let problem = batch.database.problem(of: error)
            if problem.reason == Problem.staleEtag.reason { return .moved }
            try rethrowUnlessOfOneRow(error)
            return .failed(RowFault.all(of: problem, R.schema))
        }
    }

    /// A lost connection, a deadline or a deadlock is not the fault of a row: the whole batch is retried or fails.
    private func rethrowUnlessOfOneRow(_ error: any Error) throws {
        switch batch.database.problem(of: error).code {
        case .invalidArgument, .failedPrecondition, .alreadyExists, .notFound, .permissionDenied, .outOfRange: return
        default: throw error
        }
    }
}
