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
        /// Names of the fields whose cells hold something.
        let filled: [String]
        let key: [FieldValue]
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
        let references = try PublishedReferences(
            texts(in: cells), of: batch.account, for: batch.context.caller, in: tx)
        var drafts: [Draft] = []
        for (position, row) in cells.enumerated() {
            switch draft(row, at: position, references) {
            case .success(let draft): drafts.append(draft)
            case .failure(let faults): results[position].fail(faults.list, batch.language)
            }
        }
        var known = try existing(drafts)
        var fresh: [Draft] = []
        var others: [Draft] = []
        var seen: Set<[FieldValue]> = []
        for draft in drafts {
            // The second row with the same key changes what the first one made.
            if known[draft.key] == nil, seen.insert(draft.key).inserted {
                fresh.append(draft)
            } else {
                others.append(draft)
            }
        }
        for (draft, outcome) in try create(fresh) {
            if let record = outcome.record { known[draft.key] = record }
            results[draft.position].take(outcome, batch.language)
        }
        for draft in others {
            let outcome = try merge(draft, with: known[draft.key])
            if let record = outcome.record { known[draft.key] = record }
            results[draft.position].take(outcome, batch.language)
        }
        return results
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
        _ cells: [PublishedCell]?, at position: Int, _ references: PublishedReferences
    ) -> Result<Draft, Faults> {
        guard let cells else {
            return .failure(
                Faults(list: [
                    RowFault(
                        text: Text(en: "The row has not one value for each column.", ko: "행에 있는 값의 수가 열의 수와 다릅니다."))
                ]))
        }
        var record = R()
        var filled: [String] = []
        var faults: [RowFault] = []
        for (column, cell) in cells.enumerated() {
            let field = fields[column]
            switch cell {
            case .fault(let text): faults.append(RowFault(field: field.name, text: text))
            case .value(.null): break
            case .value(let value):
                record[fieldAt: columns[column]] = value
                filled.append(field.name)
            case .reference(let text):
                switch references.find(text, by: namings[column], for: field) {
                case .success(let id):
                    record[fieldAt: columns[column]] = .string(id)
                    filled.append(field.name)
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
        return .success(Draft(position: position, record: record, filled: filled, key: key(of: record)))
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

    /// Records that are there already, by their keys. Found through the text of the key, which tells most.
    private func existing(_ drafts: [Draft]) throws -> [[FieldValue]: R] {
        guard
            let told = key.lastIndex(where: { Self.isFolded(R.schema.fields[$0]) })
                ?? key.lastIndex(where: { R.schema.fields[$0].type == .reference }),
            !drafts.isEmpty
        else { return [:] }
        let field = R.schema.fields[key[told]]
        let texts = Set(drafts.compactMap { $0.key[told].string }).sorted()
        var condition: SQL =
            Self.isFolded(field)
            ? AlikeSQL.condition(field.name, texts) : "\(identifier: field.name) = ANY(\(texts))"
        if R.schema.index(like: Location.Field.account) != nil { condition += " AND account = \(batch.account)" }
        var known: [[FieldValue]: R] = [:]
        for record in try store.find(where: condition, in: tx) { known[key(of: record)] = record }
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
            return try drafts.map { draft in (draft, try merge(draft, with: known[draft.key])) }
        }
    }

    /// Creates the record of a row, or changes the existing one where the row says otherwise. An empty cell leaves the
    /// field as it is.
    private func merge(_ draft: Draft, with known: R?) throws -> MergeOutcome<R> {
        guard let known else {
            return try alone { .created(try store.create(draft.record, batch.context, in: tx)) }
        }
        let different = draft.filled.filter { name in
            guard let index = R.schema.index(of: name) else { return false }
            return !R.schema.fields[index].isSame(known[fieldAt: index], draft.record[fieldAt: index])
        }
        guard !different.isEmpty else { return .unchanged(known) }
        var values = draft.record
        values.id = known.id
        values.etag = ""
        return try alone {
            .updated(try store.update(values, mask: FieldMask(paths: different), batch.context, in: tx))
        }
    }

    /// Runs the work of one row so that it can fail alone.
    private func alone(_ body: () throws -> MergeOutcome<R>) throws -> MergeOutcome<R> {
        do {
            return try tx.savepoint(body)
        } catch {
            try rethrowUnlessOfOneRow(error)
            return .failed(Self.faults(of: batch.database.problem(of: error)))
        }
    }

    /// A lost connection, a deadline or a deadlock is not the fault of a row: the whole batch is retried or fails.
    private func rethrowUnlessOfOneRow(_ error: any Error) throws {
        switch batch.database.problem(of: error).code {
        case .invalidArgument, .failedPrecondition, .alreadyExists, .notFound, .permissionDenied, .outOfRange: return
        default: throw error
        }
    }

    private static func faults(of problem: Problem) -> [RowFault] {
        guard !problem.violations.isEmpty else { return [RowFault(text: problem.text)] }
        return problem.violations.map { violation in
            // Named as `table.field`.
            let name = violation.field.split(separator: ".").last.map(String.init) ?? ""
            return RowFault(field: R.schema.field(name)?.name ?? "", text: violation.text)
        }
    }
}

/// Why a row is not published: one reason.
struct RowFault: Sendable {
    /// The field of the cell; empty when it concerns the whole row.
    var field = ""
    let text: Text
}

/// What became of one row.
enum MergeOutcome<R: Sendable>: Sendable {
    case created(R)
    case updated(R)
    case unchanged(R)
    case failed([RowFault])

    /// The record in the target table; nil when the row failed.
    var record: R? {
        switch self {
        case .created(let record), .updated(let record), .unchanged(let record): record
        case .failed: nil
        }
    }
}

extension PublishResult {
    mutating func fail(_ reasons: [RowFault], _ language: String) {
        outcome = Outcome.failed
        message = reasons.map { $0.text(language) }.joined(separator: " ")
        faults = reasons.map { reason in
            var fault = PublishFault()
            fault.field = reason.field
            fault.message = reason.text.en
            fault.messageKo = reason.text.ko
            return fault
        }
    }

    mutating func take<R: Record>(_ result: MergeOutcome<R>, _ language: String) {
        switch result {
        case .created: outcome = Outcome.created
        case .updated: outcome = Outcome.updated
        case .unchanged: outcome = Outcome.unchanged
        case .failed(let reasons): fail(reasons, language)
        }
        targetRecord = result.record?.id ?? ""
    }
}

extension FieldSchema {
    /// Whether two values of the field mean the same: 1863.4 is 1863.40.
    func isSame(_ left: FieldValue, _ right: FieldValue) -> Bool {
        guard type == .decimal || type == .currency, let one = left.string, let other = right.string else {
            return left == right
        }
        return Validation.canonicalDecimal(one) == Validation.canonicalDecimal(other)
    }
}
