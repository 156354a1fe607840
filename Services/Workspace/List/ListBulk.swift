import Korean
import OnboardingWire
import RPC
import Records
import Wire

/// What is done with the chosen records of a list at once; what could not be done says why, record by record.
struct ListBulk: Sendable {
    /// Most records at once: what a page shows, several times over.
    private static let most = 1_000
    /// Most records that are named with why they were not changed.
    private static let named = 50

    private let visit: Visit

    init(_ visit: Visit) { self.visit = visit }

    func answer() async throws(Problem) -> Answer {
        let table = try ListPages.table(visit)
        guard visit.person?.isCustomer != true, table.isChangeable else { throw Self.notHere }
        let isEntered = visit.form["do"] == "write"
        let query = Fields(
            isEntered ? visit.form[ListEdit.Name.query] : visit.form[SaveViewRequest.Field.query])
        return try await Work.answer { () async throws(Problem) in
            let targets = try chosen(isEntered ? ListEdit.Name.record.rawValue : "record")
            if let field = asked {
                let edit = try ListEdit(table, field, visit).values(
                    targets, ListQuery(table, query, visit).text(), refused: nil)
                return .page(try await ListView(visit, query, edit: edit).page())
            }
            return try await change(targets, table, query)
        } refused: { (problem) async throws(Problem) in
            guard isEntered, let targets = try? chosen(ListEdit.Name.record.rawValue),
                let edit = try? ListEdit(table, visit.form[ListEdit.Name.field], visit)
            else { return try await ListView(visit, query, refused: problem).page() }
            let values = try edit.values(targets, ListQuery(table, query, visit).text(), refused: problem)
            return try await ListView(visit, query, edit: values).page()
        }
    }

    /// The field whose value is to be asked for; nil where what is done is said already.
    private var asked: String? {
        let set = visit.form["set"]
        return visit.form["do"] == "set" && !set.isEmpty && !set.contains("=") ? set : nil
    }

    private func change(
        _ targets: [BatchTarget], _ table: ListedTable, _ query: Fields
    ) async throws(Problem) -> Answer {
        let before = await before(targets, table)
        let (response, fields) = try await change(targets, table)
        let text = ListQuery(table, query, visit).text()
        let undo = undo(before, response, fields, table, text)
        visit.ask.advice.add(response.results.flatMap(\.warnings))
        if response.failed == 0 {
            return .moved(to: ListPages.address(table.schema.table, text, done: .changed, undo: undo))
        }
        var results = try await results(response, targets, table)
        results["undo"] = undo
        return .page(try await ListView(visit, query, results: results).page())
    }

    // MARK: Undo

    /// Takes back what was changed last, in each record that nobody has changed since.
    func takeBack() async throws(Problem) -> Answer {
        let table = try ListPages.table(visit)
        let query = Fields(visit.query[SaveViewRequest.Field.query])
        return try await Work.answer { () async throws(Problem) in
            let (change, response) = try await visit.undos.take(visit.part("change"), of: visit.person) {
                (kept: Undos.Change) async throws(Problem) in (kept, try await kept.takeBack(visit))
            }
            if response.failed == 0 {
                let text = ListQuery(table, query, visit).text()
                return .moved(to: ListPages.address(table.schema.table, text, done: .restored))
            }
            let targets = change.records.map { record in
                var target = BatchTarget()
                target.id = record.id
                return target
            }
            let results = try await results(response, targets, table)
            return .page(try await ListView(visit, query, results: results).page())
        } refused: { (problem) async throws(Problem) in
            try await ListView(visit, query, refused: problem).page()
        }
    }

    /// The chosen records as they are, while there are few enough to be taken back. Each is changed only if it still is as it was
    /// shown, so that this is what is written over.
    private func before(_ targets: [BatchTarget], _ table: ListedTable) async -> [ListedRecords.Row] {
        guard targets.count <= Undos.mostRecords, targets.allSatisfy({ !$0.etag.isEmpty }) else { return [] }
        let (visit, size) = (visit, Int(Lookup.limit))
        let parts = stride(from: 0, to: targets.count, by: size).map { targets.dropFirst($0).prefix(size).map(\.id) }
        let found = try? await Outcome.each(parts) { (ids) async throws(Problem) in
            var request = ListRequest()
            request.pageSize = Lookup.limit
            request.filter = ids.map { "id = \(FilterText.quoted($0))" }.joined(separator: " OR ")
            return try await ListedRecords.read(request, table.schema, visit).rows
        }
        // Where they cannot be read, the change is made all the same, and no undo is offered.
        return (found ?? []).flatMap { $0 }
    }

    /// The address that takes back what was done; empty where it cannot be.
    private func undo(
        _ before: [ListedRecords.Row], _ response: BatchResponse, _ fields: [String], _ table: ListedTable,
        _ query: String
    ) -> String {
        let rows = Dictionary(
            before.map { ($0[OnboardingCase.Field.id], $0) }, uniquingKeysWith: { first, _ in first })
        let records = response.results.compactMap { result -> Undos.Record? in
            guard result.error == nil, !result.etag.isEmpty, let row = rows[result.id] else { return nil }
            let values = fields.map { ($0, row.value($0)) }
            return Undos.Record(
                id: result.id, etag: result.etag, before: Dictionary(values, uniquingKeysWith: { first, _ in first }))
        }
        // What is not known of all of them is offered for none.
        guard records.count == Int(response.succeeded) else { return "" }
        let change = Undos.Change(schema: table.schema, fields: fields, records: records)
        guard let kept = visit.undos.keep(change, of: visit.person) else { return "" }
        return "\(ListPages.href(table.schema.table))/undo/\(kept)?query=\(Fields.encoded(query))"
    }

    // MARK: What is done

    /// The chosen records, each with the etag that it was shown with: nobody's later change is written over.
    private func chosen(_ name: String) throws(Problem) -> [BatchTarget] {
        let targets = visit.form.all(name).map { value -> BatchTarget in
            let parts = value.split(separator: " ", maxSplits: 1)
            var target = BatchTarget()
            target.id = parts.first.map { String($0) } ?? ""
            target.etag = parts.count == 2 ? String(parts[1]) : ""
            return target
        }
        guard !targets.isEmpty, targets.count <= Self.most else {
            throw Problem(
                .invalidArgument,
                Text(en: "Choose 1 to \(Self.most) rows first.", ko: "먼저 행을 1~\(grouped: Self.most)개 선택하세요."),
                reason: "NOTHING_CHOSEN")
        }
        return targets
    }

    /// What became of it, and the fields that were changed.
    private func change(
        _ targets: [BatchTarget], _ table: ListedTable
    ) async throws(Problem) -> (BatchResponse, [String]) {
        switch visit.form["do"] {
        case "me": return try await assign(targets, to: visit.person?.user ?? "", table)
        case "assign":
            let to = try await Lookup(visit).chosen(
                "assigned_to", in: User.schema.table, filter: "NOT \(User.Field.account.rawValue):*",
                blame: "assigned_to")
            guard !to.isEmpty else {
                throw Problem(
                    .invalidArgument, Text(en: "Say to whom.", ko: "담당자를 입력하세요."), reason: "NOBODY_NAMED")
            }
            return try await assign(targets, to: to, table)
        case "write":
            let (values, mask) = try await ListEdit(table, visit.form[ListEdit.Name.field], visit).entered()
            return (try await RowWrites.set(values, mask, in: targets, visit), mask.paths)
        default:
            let parts = visit.form["set"].split(separator: "=", maxSplits: 1).map { String($0) }
            guard parts.count == 2, table.settable.contains(parts[0]) else { throw Self.nothingToSet }
            return try await set(parts[0], to: parts[1], targets, table)
        }
    }

    private func assign(
        _ targets: [BatchTarget], to: String, _ table: ListedTable
    ) async throws(Problem) -> (BatchResponse, [String]) {
        let field = KnownField.assignedTo.rawValue
        guard table.isReassignable else { throw Self.nothingToSet }
        guard table.schema.verbs.contains("batch_reassign") else {
            return try await set(field, to: to, targets, table)
        }
        var request = BatchReassignRequest()
        request.records = targets
        request.assignedTo = to
        let answer = try await ListedRecords.ask("batch_reassign", request, table.schema, visit)
        return (try RowWrites.response(answer), [field])
    }

    /// Sets a field to a value as an address has it.
    private func set(
        _ field: String, to text: String, _ targets: [BatchTarget], _ table: ListedTable
    ) async throws(Problem) -> (BatchResponse, [String]) {
        guard let type = AnyList.type(of: table.schema) else { throw Self.notHere }
        let values = try Self.record(type, field, text)
        return (try await RowWrites.set(values, FieldMask(paths: [field]), in: targets, visit), [field])
    }

    private static func record<R: RecordMessage>(
        _ type: R.Type, _ name: String, _ text: String
    ) throws(Problem) -> any RecordMessage {
        guard let index = R.schema.index(of: name) else { throw nothingToSet }
        let isNumber = R.schema.fields[index].storage == .int
        var record = R()
        do throws(WireError) {
            try record.setField(at: index, to: isNumber ? Int64(text).map { .int($0) } ?? .null : .string(text))
        } catch {
            throw nothingToSet
        }
        return record
    }

    static let nothingToSet = Problem(
        .invalidArgument, Text(en: "Choose what to set.", ko: "변경할 값을 선택하세요."), reason: "NOTHING_TO_SET")
    private static let notHere = Problem.notFound(Text(en: "There is no such list.", ko: "해당 목록이 없습니다."))

    /// How many were changed, and why others were not.
    private func results(
        _ response: BatchResponse, _ targets: [BatchTarget], _ table: ListedTable
    ) async throws(Problem) -> Values {
        let failed = response.results.filter { $0.error != nil }
        // What was not done has no id in the answer, but its place among what was asked.
        let shown = failed.prefix(Self.named).map { result -> (id: String, error: String) in
            let place = Int(result.index)
            return (targets.indices.contains(place) ? targets[place].id : result.id, result.error?.message ?? "")
        }
        let names = try await Lookup(visit).names(of: shown.map(\.id), in: table.schema.table)
        let text = Text(
            en: "\(grouped: Int(response.succeeded)) changed, \(grouped: Int(response.failed)) not.",
            ko: "\(grouped: Int(response.succeeded))건 변경, \(grouped: Int(response.failed))건 실패.")
        let more = Text(
            en: "And \(grouped: failed.count - shown.count) more.", ko: "외 \(grouped: failed.count - shown.count)건.")
        return [
            "text": visit.reader(text),
            "failed": shown.map { id, error -> Values in
                ["name": names[id] ?? "", "href": Address.of(table.schema.table, id, id: id), "text": error]
            }, "more": failed.count > shown.count ? visit.reader(more) : "",
        ]
    }
}
