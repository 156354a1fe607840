import Korean
import Records
import Sandbox
import Wire

/// What the checks say of a row.
struct RowVerdict: Sendable, Equatable {
    /// Why it needs attention; empty when it is ready to publish.
    var errors: [RowError] = []
    /// The same in the language of whoever asked, one reason a line.
    var comment = ""
    /// A number that rows of one natural key share; nil when the row names no key.
    var key: Int64?

    /// Adds a reason of the whole row, in the language of whoever asked.
    mutating func add(_ error: RowError, _ target: ImportTarget, _ language: String) {
        comment += (comment.isEmpty ? "" : "\n") + error.text([], target)(language)
        errors.append(error)
    }

    var status: String { errors.isEmpty ? RowStatus.readyToPublish.rawValue : RowStatus.needsAttention.rawValue }
}

/// Judges rows, many at once, and remembers within one run what it has asked others before. An actor, so that the next
/// rows can be read meanwhile.
actor RowChecker {
    /// What a text names: how many records, and the id when it is one.
    struct Match: Sendable, Equatable {
        var count: Int
        var id = ""
    }

    /// Asks what each text names in a table; at most ``referencesPerCall`` texts at a time.
    typealias Resolver = @Sendable (CellCheck.Reference, [String]) async throws -> [String: Match]
    /// Runs a record-level check over rows.
    typealias Runner = @Sendable (String, ScriptBatch) async throws -> [ScriptVerdict]

    static let referencesPerCall = 1_000
    /// Remembered answers, over which they are forgotten and asked for anew.
    private static let memory = 100_000
    private static let bytesPerCall = 256 << 10
    /// Columns of choices, countries and the like hold few texts, which are short.
    private static let (fewTexts, shortText) = (1_000, 64)

    let plan: CheckPlan
    /// Of the positions of the key, those at which texts name records.
    private let keyReferences: [Int: CellCheck.Reference]
    /// The account that the rows are of; nil when that is not known.
    private let account: String?
    private let records: [String: ScriptValue]
    let language: String
    private let resolve: Resolver
    private let run: Runner
    private var known: [CellCheck.Reference: [String: Match]] = [:]
    private var verdicts: [[[String]: RowError?]]
    /// What was found in the texts of each column so far; nil for one that has many.
    private var found: [[String: [RowError]]?]

    /// A checker for the rows of one task. `records` is what scripts may look at beside the row.
    init(
        _ plan: CheckPlan, account: String? = nil, records: [String: ScriptValue], language: String,
        resolve: @escaping Resolver, run: @escaping Runner
    ) {
        self.plan = plan
        keyReferences = Dictionary(
            plan.key.compactMap { position in plan.columns[position].reference.map { (position, $0) } }
        ) { first, _ in first }
        self.account = account
        self.records = records
        self.language = language
        self.resolve = resolve
        self.run = run
        verdicts = Array(repeating: [:], count: plan.scripts.count)
        found = Array(repeating: [:], count: plan.columns.count)
    }

    /// One verdict per row, in their order. What a record-level check says comes first; then the fields in the order of
    /// their columns. Where a record-level check has failed, that the account is unknown says nothing new and is left
    /// out: an account that is not the case's is as a rule not the caller's to see.
    /// `faults` is what the file itself says against each row; those of a cell stand for the checks of that cell.
    func check(_ rows: [[String]], faults: [[CellFault]] = []) async throws -> [RowVerdict] {
        var errors: [[RowError]] = Array(repeating: [], count: rows.count)
        for index in plan.scripts.indices {
            for (row, error) in try await judge(rows, by: index).enumerated() {
                if let error { errors[row].append(error) }
            }
        }
        let judged = errors.map { !$0.isEmpty }
        for (row, list) in faults.enumerated() {
            for fault in list where fault.field == nil { errors[row].append(RowError(fault)) }
        }
        for position in plan.columns.indices {
            try await checkColumn(position, rows, judged, faults, &errors)
        }
        for period in plan.periods { checkOrder(period, rows, &errors) }
        let key = plan.key
        // What the file says against another cell takes nothing from the key, nor from the other row that has it.
        let keyFields = Set(key.map { plan.columns[$0].field.name })
        return rows.indices.map { row in
            let isDoubtful = row < faults.count && faults[row].contains { $0.field.map(keyFields.contains) ?? true }
            var verdict = RowVerdict(errors: errors[row])
            if !errors[row].isEmpty { verdict.comment = errors[row].comment(rows[row], plan.target, language) }
            if !isDoubtful {
                verdict.key = KeyNumber.of(key.map { keyText(rows[row], at: $0) })
            }
            return verdict
        }
    }

    /// What a cell says of the row's record. Of a reference that is the record itself, which one row may name by its id and
    /// another by what it is called.
    private func keyText(_ cells: [String], at position: Int) -> String {
        let text = plan.stored(position < cells.count ? cells[position] : "", at: position)
        guard let reference = keyReferences[position], let match = known[reference]?[CellCheck.trimmed(text)],
            match.count == 1, !match.id.isEmpty
        else { return text }
        return match.id
    }

    // MARK: Fields

    private func checkColumn(
        _ position: Int, _ rows: [[String]], _ judged: [Bool], _ faults: [[CellFault]], _ errors: inout [[RowError]]
    ) async throws {
        let column = plan.columns[position]
        let name = column.field.name
        for check in column.checks {
            if case .reference(let reference) = check { try await learn(reference, rows, position) }
        }
        let isAccount = position == plan.target.accountColumn
        // Rows that follow each other often hold the same.
        var previous: (text: String, errors: [RowError]) = ("", [])
        let hasFaults = faults.contains { !$0.isEmpty }
        for (row, cells) in rows.enumerated() {
            if hasFaults, let fault = faults[row].first(where: { $0.field == name }) {
                errors[row].append(RowError(fault))
                continue
            }
            let text = position < cells.count ? cells[position] : ""
            if text.isBlank {
                if column.isMandatory { errors[row].append(RowError(.mandatory, field: name)) }
            } else if isAccount && judged[row] {
                errors[row] += self.errors(in: text, at: position, isJudged: true)
            } else {
                if previous.text != text { previous = (text, remembered(text, at: position)) }
                if !previous.errors.isEmpty { errors[row] += previous.errors }
            }
        }
    }

    /// Dates that are right by themselves must be in their order.
    private func checkOrder(_ period: (earlier: Int, later: Int), _ rows: [[String]], _ errors: inout [[RowError]]) {
        let earlier = plan.columns[period.earlier].field.name
        let later = plan.columns[period.later].field.name
        // In the usual format the texts are in the order of the days.
        let formats = plan.dateFormats
        let isUsual = [period.earlier, period.later].allSatisfy { formats[$0]?.format == CellCheck.standardDate }
        for (row, cells) in rows.enumerated() where period.earlier < cells.count && period.later < cells.count {
            let (start, stop) = (cells[period.earlier], cells[period.later])
            guard !isUsual || stop < start, !start.isBlank, !stop.isBlank,
                plan.stored(stop, at: period.later) < plan.stored(start, at: period.earlier),
                !errors[row].contains(where: { $0.field == earlier || $0.field == later })
            else { continue }
            errors[row].append(RowError(.order, field: later))
        }
    }

    /// What is wrong with a text of a column, which is looked at once where the column has few.
    private func remembered(_ text: String, at position: Int) -> [RowError] {
        guard let known = found[position], text.utf8.count <= Self.shortText else {
            return errors(in: text, at: position)
        }
        if let errors = known[text] { return errors }
        let errors = errors(in: text, at: position)
        if known.count < Self.fewTexts { found[position]?[text] = errors } else { found[position] = nil }
        return errors
    }

    /// What is wrong with a text of a column. Of an account that a record-level check has judged it is left out whether
    /// it is known.
    private func errors(in text: String, at position: Int, isJudged: Bool = false) -> [RowError] {
        let column = plan.columns[position]
        var found: [RowError] = []
        var stored = text
        for check in column.checks {
            switch check.read(text) {
            case .wrong(let error): found.append(error)
            // A second check of the column takes what the first has made of the text.
            case .stored(let read): stored = stored == text ? read : check.stored(stored)
            }
            if !isJudged, case .reference(let reference) = check,
                let error = error(reference, text, isAccount: position == plan.target.accountColumn)
            {
                found.append(error)
            }
        }
        guard found.isEmpty else { return found.map { $0.of(column.field.name) } }
        return column.refusal(of: text, stored: stored).map { [$0] } ?? []
    }

    /// Finds out about all texts of a column that are new.
    private func learn(_ reference: CellCheck.Reference, _ rows: [[String]], _ position: Int) async throws {
        if known[reference, default: [:]].count > Self.memory { known[reference] = [:] }
        var asked: Set<String> = []
        var previous = ""
        for cells in rows where position < cells.count && cells[position] != previous {
            previous = cells[position]
            let text = CellCheck.trimmed(previous)
            // What no record can be called is not asked for.
            guard !text.isEmpty, !text.utf8.contains(0), !Self.isTooLong(text) else {
                continue
            }
            if known[reference]?[text] == nil { asked.insert(text) }
        }
        var call: [String] = []
        var bytes = 0
        for text in asked.sorted() {
            if call.count == Self.referencesPerCall || bytes > Self.bytesPerCall {
                try await ask(reference, call)
                (call, bytes) = ([], 0)
            }
            call.append(text)
            bytes += text.utf8.count
        }
        if !call.isEmpty { try await ask(reference, call) }
    }

    /// Whether no record can be called so.
    private static func isTooLong(_ text: String) -> Bool {
        text.utf8.count > FieldRules.longestName && text.trimmed.unicodeScalars.count > FieldRules.longestName
    }

    private func ask(_ reference: CellCheck.Reference, _ texts: [String]) async throws {
        let answers = try await resolve(reference, texts)
        for text in texts { known[reference, default: [:]][text] = answers[text] ?? Match(count: 0) }
    }

    /// A reference hits exactly one record (G-59), and the account of a row is that of the case: no other is published.
    private func error(_ reference: CellCheck.Reference, _ text: String, isAccount: Bool) -> RowError? {
        // The field itself says how long a name may be.
        guard !Self.isTooLong(text) else { return nil }
        let match = known[reference]?[CellCheck.trimmed(text)] ?? Match(count: 0)
        let isOther = isAccount && account != nil && match.id != account
        return match.count == 1 && !isOther ? nil : RowError(.reference, ["\(match.count)"])
    }

    // MARK: Scripts

    /// What a record-level check says of each row; nil where the row passes.
    private func judge(_ rows: [[String]], by index: Int) async throws -> [RowError?] {
        let script = plan.scripts[index]
        guard let reach = script.reach else {
            return try await evaluate(script, rows, Array(plan.columns.indices))
        }
        if verdicts[index].count > Self.memory { verdicts[index] = [:] }
        let keys = rows.map { cells in reach.map { $0 < cells.count ? cells[$0] : "" } }
        var fresh: [[String]] = []
        var seen: Set<[String]> = []
        for key in keys where verdicts[index][key] == nil && seen.insert(key).inserted { fresh.append(key) }
        if !fresh.isEmpty {
            let errors = try await evaluate(script, fresh, reach)
            for (key, error) in zip(fresh, errors) { verdicts[index][key] = .some(error) }
        }
        return keys.map { verdicts[index][$0] ?? nil }
    }

    /// Runs a script over rows that hold the cells at `positions` alone.
    private func evaluate(
        _ script: CheckPlan.Script, _ rows: [[String]], _ positions: [Int]
    ) async throws -> [RowError?] {
        let batch = Self.batch(rows, at: positions, plan.target, records)
        let answers = try await run(script.source, batch)
        // A check that reads one cell alone speaks of that cell.
        let blamed = script.reach.flatMap { $0.count == 1 ? $0.first : nil }.map { plan.target.fields[$0].name }
        // One that says which cell is wrong does so by its column, or by its field.
        let target = plan.target
        let named = { (column: String) in target.position(of: column).map { target.fields[$0].name } }
        return answers.map { answer in
            switch answer.said(by: script.message) {
            case .passed: nil
            case .rejected(let texts, let column): RowError(.record, field: column.flatMap(named) ?? blamed, texts)
            case .failed(let failure): RowError(.record, [failure.english, failure.korean])
            }
        }
    }

    /// Rows that hold the cells at `positions` alone, as scripts see them: each under the prefix `u_`, the account as
    /// `u_company` as well.
    static func batch(
        _ rows: [[String]], at positions: [Int], _ target: ImportTarget, _ records: [String: ScriptValue]
    ) -> ScriptBatch {
        var columns = positions.map { "u_" + target.fields[$0].name }
        let account = target.accountColumn.flatMap { positions.firstIndex(of: $0) }
        if account != nil { columns.append("u_company") }
        let values = rows.map { cells -> [String?] in
            var values = positions.indices.map { $0 < cells.count && !cells[$0].isEmpty ? cells[$0] : nil }
            if let account { values.append(values[account]) }
            return values
        }
        return ScriptBatch(columns: columns, rows: values, records: records)
    }
}
