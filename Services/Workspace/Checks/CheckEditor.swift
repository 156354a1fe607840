import Foundation
import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// One check in the hands of who writes it: its form, its script, and the row that it is run on. All of it is one form, so that
/// nothing that was typed is lost by running it.
struct CheckEditor: Sendable {
    private typealias Record = DataValidationAssist

    let visit: Visit

    private var isNew: Bool { visit.part("id") == "new" }
    private var href: String { "\(CheckPages.href)/\(Fields.encoded(visit.part("id")))" }

    /// What a check is asked for, by its level: what its subtype does not need may stay empty.
    private static func keys(_ level: String) -> [DataValidationAssist.Field] {
        level == Record.ValidationType.record
            ? [.name, .order, .script, .message, .messageKo]
            : [
                .name, .validationSubType, .stagingTableField, .mandatory, .order, .maxLength, .dateFormat,
                .datetimeFormat, .referenceTable, .referenceTableField, .targetTable, .targetTableField,
            ]
    }

    /// What the page is about.
    private struct Subject: Sendable {
        var stored: DataValidationAssist
        let table: StagingTable

        var level: String { stored.validationType ?? DataValidationAssist.ValidationType.field }
    }

    private func subject() async throws(Problem) -> Subject {
        try CheckPages.check(visit)
        guard !isNew || CheckPages.mayWrite(visit) else { throw .noPage }
        async let known = StagingTable.all(visit)
        var stored = Record()
        if isNew {
            let said = visit.isRead ? visit.query : visit.form
            stored.stagingTable = said[Record.Field.stagingTable]
            let level = said[Record.Field.validationType]
            stored.validationType = level == Record.ValidationType.record ? level : Record.ValidationType.field
            stored.script = level == Record.ValidationType.record ? Self.beginning : nil
        } else {
            var request = GetRequest()
            request.id = visit.part("id")
            stored = try await visit.ask(ImportValidationAPI.getDataValidationAssist, request)
        }
        let name = stored.stagingTable ?? ""
        if let table = await known.first(where: { $0.name == name }) { return Subject(stored: stored, table: table) }
        guard !isNew else { throw RecordTypes.nowhere() }
        // Of a staging table that only an import task names nothing is known here but its name.
        let target = Dictionaries.schema(stored.targetTable ?? "") ?? Location.schema
        return Subject(
            stored: stored, table: StagingTable(name: name, label: Text(en: name, ko: name), target: target))
    }

    /// What a new script begins with (imports, section 4.2).
    private static let beginning = """
        function executeCondition(stagingTableGr) {
            var result = { validationPassed: true, message: '' };
            if (!stagingTableGr.u_name) {
                result.validationPassed = false;
                result.message = '';
            }
            return result;
        }
        """

    // MARK: The page

    /// The page as it is stored, or as it was typed: what was `refused`, or what a run has answered.
    func page(refused: Problem? = nil, ran: RunCheckResponse? = nil) async throws(Problem) -> Page {
        let subject = try await subject()
        let isTyped = refused != nil || ran != nil || !visit.isRead
        let row = CheckRow(visit: visit, table: subject.table)
        let mayWrite = CheckPages.mayWrite(visit)
        var values: Values = [
            "heading": isNew
                ? visit.say("New check", "새 검증") : CheckPages.name(subject.stored, visit),
            "level": Record.schema.label(Record.Field.validationType, of: subject.level, visit.reader.language),
            "table": visit.reader(subject.table.label), "tableName": subject.table.name,
            "draft": !isNew && subject.stored.active == false, "action": href, "form": "", "row": row.values(refused),
            "hidden": hidden(subject), "result": "", "delete": isNew || !mayWrite ? "" : "\(href)/delete",
            "etag": refused?.isStale == true || visit.form["etag"].isEmpty
                ? subject.stored.etag : visit.form["etag"],
            "may": mayWrite,
            "record": subject.level == Record.ValidationType.record,
            "columns": subject.level == Record.ValidationType.record ? columns(subject.table) : [Values](),
        ]
        let wrong = ran?.findings.first { $0.severity == "error" && $0.line > 0 }
        values["form"] = mayWrite ? form(subject, refused, wrong, isTyped: isTyped) : shown(subject)
        if !mayWrite { values["row"] = "" }
        if let ran { values["result"] = CheckResult(visit: visit, answer: ran).values(script: typedScript(subject)) }
        var page = Page(template: "check", title: visit.say("Check", "검증"), values: values)
        page.trail =
            CheckPages.trail(visit) + [Crumb(label: visit.say("Checks of imports", "가져오기 검증"), href: CheckPages.href)]
        return page
    }

    private func typedScript(_ subject: Subject) -> String {
        visit.form.contains(Record.Field.script.rawValue)
            ? visit.form[Record.Field.script] : subject.stored.script ?? ""
    }

    private func hidden(_ subject: Subject) -> [Values] {
        isNew
            ? [
                ["name": Record.Field.stagingTable.rawValue, "value": subject.table.name],
                ["name": Record.Field.validationType.rawValue, "value": subject.level],
            ] : []
    }

    /// The check for whoever may only read it.
    private func shown(_ subject: Subject) -> Values {
        let record = RecordForm<DataValidationAssist>(Self.keys(subject.level), visit)
        let language = visit.reader.language
        let fields = record.fields(subject.stored, names: [:]).filter { !$0.value.isEmpty }.map { field in
            let value = Record.schema.field(field.name)?.label(of: field.value, language) ?? field.value
            return Forms.Field(field.name, field.label, .fixed, value: value)
        }
        return ["action": href, "fields": fields.map { Forms(visit).values($0, refused: nil) }]
    }

    private func form(
        _ subject: Subject, _ refused: Problem?, _ wrong: ScriptFinding?, isTyped: Bool
    ) -> Values {
        let record = RecordForm<DataValidationAssist>(Self.keys(subject.level), visit, isNew: isNew)
        guard isTyped, refused?.isStale != true else {
            return amended(
                record.values(subject.stored, names: [:], action: href, refused: refused), subject)
        }
        let forms = Forms(visit, showsTyped: true)
        let fields = fields(record, subject)
        var form: Values = [
            "action": href, "fields": fields.map { marked(forms.values($0, refused: refused), wrong) },
            "was": visit.form.under("was-").map { ["name": $0.name, "value": $0.value] as Values },
            "conflicts": [Values](),
        ]
        if let refused { form["problem"] = forms.problem(refused, fields) }
        return form
    }

    /// The script with the place that is wrong, where the cursor then stands.
    private func marked(_ field: Values, _ wrong: ScriptFinding?) -> Values {
        guard let wrong, field["name"] as? String == Record.Field.script.rawValue else { return field }
        return field.merging(["line": "\(wrong.line)", "column": "\(max(wrong.column, 1))"]) { _, new in new }
    }

    /// The fields with what the staging table makes of them: its columns to choose from.
    private func fields(_ record: RecordForm<DataValidationAssist>, _ subject: Subject) -> [Forms.Field] {
        record.fields(subject.stored, names: [:]).map { field in
            guard field.name == Record.Field.stagingTableField.rawValue else { return field }
            var field = field
            field.kind = .choice(options(subject))
            return field
        }
    }

    private func options(_ subject: Subject) -> [Forms.Option] {
        let language = visit.reader.language
        let known = subject.table.fields.map { Forms.Option("u_\($0.name)", "\($0.label(language)) (u_\($0.name))") }
        let stored = subject.stored.stagingTableField ?? ""
        return stored.isEmpty || known.contains { $0.value == stored } ? known : [Forms.Option(stored, stored)] + known
    }

    private func amended(_ form: Values, _ subject: Subject) -> Values {
        var form = form
        let name = Record.Field.stagingTableField.rawValue
        form["fields"] = (form["fields"] as? [Values] ?? []).map { field -> Values in
            guard field["name"] as? String == name else { return field }
            let kind = Forms.Field(
                name, field["label"] as? String ?? "", .choice(options(subject)),
                value: subject.stored.stagingTableField ?? "")
            return field.merging(Forms(visit).values(kind, refused: nil)) { old, _ in old }
                .merging(["isText": false, "isChoice": true]) { _, new in new }
        }
        return form
    }

    private func columns(_ table: StagingTable) -> [Values] {
        table.fields.map { ["name": "u_\($0.name)", "label": $0.label(visit.reader.language)] }
    }

    // MARK: What is done

    /// Saves the check as a draft or activates it, takes a row of an import, or runs it: nothing but the first two is kept.
    func post() async throws(Problem) -> Answer {
        let subject = try await subject()
        guard CheckPages.mayWrite(visit) else { throw .noPage }
        switch visit.form["do"] {
        case "run": return try await run(subject)
        case "take": return try await take(subject)
        default: return try await save(subject)
        }
    }

    private func save(_ subject: Subject) async throws(Problem) -> Answer {
        try await Work.lead { () async throws(Problem) in
            let isActive = visit.form["do"] != "draft"
            let form = RecordForm<DataValidationAssist>(Self.keys(subject.level), visit, isNew: isNew)
            var (record, mask) = try await form.record(id: subject.stored.id, etag: visit.form["etag"])
            record.active = isActive
            let saved: DataValidationAssist
            if isNew {
                (record.stagingTable, record.validationType) = (subject.table.name, subject.level)
                var request = CreateDataValidationAssistRequest()
                request.dataValidationAssist = record
                saved = try await visit.ask(ImportValidationAPI.createDataValidationAssist, request)
            } else {
                // The script goes with the activation: one that does not compile is not in force.
                if isActive, subject.level == Record.ValidationType.record {
                    record.script = typedScript(subject)
                    if !mask.paths.contains(Record.Field.script.rawValue) {
                        mask.paths.append(Record.Field.script.rawValue)
                    }
                }
                mask.paths.append(Record.Field.active.rawValue)
                var request = UpdateDataValidationAssistRequest()
                (request.dataValidationAssist, request.updateMask) = (record, mask)
                saved = try await visit.ask(ImportValidationAPI.updateDataValidationAssist, request)
            }
            return "\(CheckPages.href(saved.id))?done=\(Toast.saved.rawValue)&saved=edit"
        } refused: { (problem) async throws(Problem) in
            // Of a script that cannot be used a run says where it is wrong.
            let isScript = !problem.fault(Record.Field.script.rawValue, visit.reader.language).isEmpty
            guard isScript, !typedScript(subject).isEmpty else { return try await page(refused: problem) }
            let ran = try? await tried(subject)
            return try await page(refused: problem, ran: ran)
        }
    }

    /// What the check answers for the row, as both are typed.
    private func tried(_ subject: Subject) async throws(Problem) -> RunCheckResponse {
        let form = RecordForm<DataValidationAssist>(Self.keys(subject.level), visit, isNew: isNew)
        let (typed, mask) = try await form.record(id: subject.stored.id, etag: "")
        var request = RunCheckRequest()
        request.dataValidationAssist = Self.overlaid(subject, typed, mask)
        CheckRow(visit: visit, table: subject.table).fill(&request)
        return try await visit.ask(ImportValidationAPI.runCheck, request)
    }

    private func run(_ subject: Subject) async throws(Problem) -> Answer {
        do throws(Problem) {
            return .page(try await page(ran: try await tried(subject)))
        } catch {
            guard error.isRefusal, error.code != .notFound else { throw error }
            var page = try await page(refused: error)
            page.status = error.status
            return .page(page)
        }
    }

    /// The check as it is typed: what the form has over what is stored.
    private static func overlaid(
        _ subject: Subject, _ typed: DataValidationAssist, _ mask: FieldMask
    ) -> DataValidationAssist {
        var assist = subject.stored
        (assist.stagingTable, assist.validationType) = (subject.table.name, subject.level)
        for path in mask.paths {
            guard let index = Record.schema.index(of: path) else { continue }
            try? assist.setField(at: index, to: typed[fieldAt: index])
        }
        return assist
    }

    /// The page with the cells of a staged row in the place of what was typed.
    private func take(_ subject: Subject) async throws(Problem) -> Answer {
        var taken = visit
        do throws(Problem) {
            taken.form = try await CheckRow(visit: visit, table: subject.table).taken()
        } catch {
            guard error.isRefusal, error.code != .notFound else { throw error }
            var page = try await page(refused: error)
            page.status = error.status
            return .page(page)
        }
        return .page(try await CheckEditor(visit: taken).page())
    }

    /// Removes the check.
    func delete() async throws(Problem) -> Answer {
        try await Work.lead { () async throws(Problem) in
            try CheckPages.check(visit)
            var request = DeleteRequest()
            (request.id, request.etag) = (visit.part("id"), visit.form["etag"])
            _ = try await visit.ask(ImportValidationAPI.deleteDataValidationAssist, request)
            return "\(CheckPages.href)?done=\(Toast.removed.rawValue)"
        } refused: { (problem) async throws(Problem) in
            try await page(refused: problem)
        }
    }
}
