import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// A builder in the hands of one of its steps.
struct BuilderDraft {
    var record: ImportBuilder
    var parts: BuilderState
    /// A template that takes the place of the one before; nil where none was sent.
    var template: [UInt8]?
    let target: ImportTarget
}

/// The steps of the builder, each in the transaction of its request (IMP-03 to IMP-05). A step is carried out when the builder
/// stands at it, or once more when it has been there: what it changes leads back to the steps behind it, and a step sent again
/// changes nothing.
struct BuilderSteps: Sendable {
    private static let longestName = 40

    let database: Database

    /// Carries out `step` of the builder `id`. `isDone` says whether the builder may go on to the next one.
    func carryOut(
        _ step: BuilderStep, _ id: String, etag: String, _ context: WriteContext, _ tx: Transaction,
        _ body: (inout BuilderDraft) throws -> Void, isDone: (BuilderState) -> Bool = { _ in true }
    ) throws -> (record: ImportBuilder, parts: BuilderState) {
        var parts = BuilderState()
        let record = try Store<ImportBuilder>(database).change(id, etag: etag, context, in: tx) { record in
            let stored = try StoredBuilder.parts(of: record.id, tx)
            guard let target = ImportTarget.named(record.targetTable) else {
                throw Problem.internalError(cause: "the builder \(record.id) has no target")
            }
            let place = BuilderStep(record)
            guard step.rawValue <= place.rawValue else { throw Self.tooEarly(place, stored, target) }
            var draft = BuilderDraft(record: record, parts: stored, target: target)
            try body(&draft)
            let fingerprint = try Self.fingerprint(draft, record.fingerprint)
            let isChanged = fingerprint != record.fingerprint || Self.names(draft.record) != Self.names(record)
            parts = draft.parts
            guard isChanged || step == place else { return }
            guard place != .complete else { throw Self.finished }
            draft.record.fingerprint = fingerprint
            draft.record.step = (isDone(draft.parts) ? step.next : step).name
            if fingerprint != record.fingerprint {
                try StoredBuilder.save(draft.parts, draft.template, of: record, tx)
            }
            record = draft.record
        }
        return (record, parts)
    }

    /// What the steps write into the record.
    private static func names(_ record: ImportBuilder) -> [String?] {
        [
            record.template, record.importSetTableName, record.dataSource, record.transformMapName, record.uiViews,
            record.activityDefinition,
        ]
    }

    /// Tells the parts of a builder from others, with its template: two SHA-256.
    private static func fingerprint(_ draft: BuilderDraft, _ before: String?) throws -> String {
        let parts = try draft.parts.encodeProtobuf()
        return (draft.template.map(Hex.sha256) ?? templateHash(before)) + Hex.sha256(parts)
    }

    /// The half of a fingerprint that tells the template from others; zeros while there is none.
    private static func templateHash(_ fingerprint: String?) -> String {
        fingerprint.map { String($0.prefix(64)) } ?? String(repeating: "0", count: 64)
    }

    private static func tooEarly(_ place: BuilderStep, _ parts: BuilderState, _ target: ImportTarget) -> Problem {
        let missing = parts.missingFields.compactMap { target.field($0)?.label }
        guard missing.isEmpty else {
            let (english, korean) = (missing.map(\.en), missing.map(\.ko))
            return .failedPrecondition(
                rule: "G-57",
                Text(
                    en: "The template has no column for \(english.joined(separator: ", ")). Map the columns by hand.",
                    ko: "템플릿에 필수 필드의 열이 없습니다: \(korean.joined(separator: ", ")). 열을 직접 매핑하세요."))
        }
        return .failedPrecondition(
            rule: "IMP-04",
            Text(
                en: "First finish the step ‘\(place.label.en)’.", ko: "먼저 ‘\(place.label.ko)’ 단계를 완료하세요."))
    }

    private static let finished = Problem.failedPrecondition(
        rule: "IMP-04",
        Text(
            en: "The builder is finished and in use; it stays as it is.",
            ko: "완료되어 사용 중인 가져오기 작성기는 변경할 수 없습니다."))

    // MARK: Template

    /// Step 1: takes a template, or maps the columns of the one before by hand. What later steps have said of columns that are
    /// there no longer is forgotten.
    func template(_ request: SaveBuilderTemplateRequest) -> (inout BuilderDraft) throws -> Void {
        { draft in
            let titles: TemplateTitles
            if request.content.isEmpty {
                guard draft.record.template != nil else {
                    throw Problem.invalid(
                        field: SaveBuilderTemplateRequest.Field.content,
                        Text(en: "Send the template.", ko: "템플릿을 보내세요."), rule: "G-57")
                }
                titles = try .mapped(draft.parts.columns, byHand: request.columns, draft.target)
            } else {
                let name = request.fileName.visible()
                titles = try .read(request.content, name, byHand: request.columns, draft.target)
                draft.record.template = name
                draft.template = request.content
            }
            if draft.template.map(Hex.sha256) == Self.templateHash(draft.record.fingerprint) { draft.template = nil }
            guard titles.columns != draft.parts.columns || draft.template != nil else { return }
            draft.parts.columns = titles.columns
            draft.parts.missingFields = titles.missing
            let check = FieldMapCheck(target: draft.target, columns: titles.columns)
            draft.parts.fieldMaps = check.kept(draft.parts.fieldMaps)
            draft.parts.views = []
            draft.record.uiViews = nil
        }
    }

    // MARK: Data source

    /// The name that is proposed for the import set table: `import_` and the builder's name.
    static func proposedTable(_ record: ImportBuilder) -> String {
        var name = ""
        for scalar in (record.name ?? "").lowercased().unicodeScalars {
            let isTaken = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
            if isTaken { name.unicodeScalars.append(scalar) } else if !name.isEmpty, name.last != "_" { name += "_" }
        }
        let trimmed = name.prefix(longestName - 7).trimmed(of: "_")
        return "import_" + (trimmed.isEmpty ? record.targetTable ?? "" : trimmed)
    }

    /// Step 2: names the import set table, which no other staging table may be called, and with it the data source.
    func dataSource(_ given: String, _ tx: Transaction) -> (inout BuilderDraft) throws -> Void {
        { draft in
            let kept = draft.record.importSetTableName ?? Self.proposedTable(draft.record)
            let name = given.isEmpty ? kept : given
            draft.record.dataSource = "ALE_DS_\(draft.record.name ?? "")_\(name)"
            guard name != draft.record.importSetTableName else { return }
            guard Self.isLegal(name) else {
                throw Self.wrongName(
                    Text(
                        en:
                            "A table name has at most \(Self.longestName) lower-case letters, digits and underscores, and begins with a letter.",
                        ko: "테이블 이름은 소문자로 시작하고 소문자, 숫자, 밑줄만 사용하여 \(grouped: Self.longestName)자 이하여야 합니다."))
            }
            let table = ImportTarget.stagingPrefix + name
            try Self.checkFree(table, draft.record, tx)
            draft.record.importSetTableName = name
            draft.record.importSetTable = table
        }
    }

    private static func isLegal(_ name: String) -> Bool {
        guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            name.utf8.count <= longestName
        else { return false }
        return name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        }
    }

    /// Refuses a name that another builder, a target or a task of before has, and a change of one that checks name.
    private static func checkFree(_ table: String, _ record: ImportBuilder, _ tx: Transaction) throws {
        let answers = try tx.queryAll([
            """
            SELECT 1 FROM import_validation.import_builder \
            WHERE import_set_table = \(table) AND id <> \(record.id) LIMIT 1
            """,
            "SELECT 1 FROM import_validation.import_task WHERE source_table = \(table) LIMIT 1",
            """
            SELECT 1 FROM import_validation.data_validation_assist \
            WHERE staging_table = \(record.importSetTable) LIMIT 1
            """,
        ])
        guard answers[0].isEmpty, answers[1].isEmpty, !ImportTarget.all.contains(where: { $0.stagingTable == table })
        else { throw wrongName(ImportBuilder.isTaken) }
        guard answers[2].isEmpty else {
            throw wrongName(
                Text(
                    en: "There are checks of the staging table under its name: delete them first.",
                    ko: "현재 이름의 스테이징 테이블에 검증이 있습니다. 먼저 검증을 삭제하세요."))
        }
    }

    private static func wrongName(_ text: Text) -> Problem {
        .invalid(field: SaveBuilderDataSourceRequest.Field.importSetTableName, text, rule: "IMP-03")
    }

    // MARK: Transform map

    /// The name that is proposed for the transform map.
    static func proposedMap(_ record: ImportBuilder) -> String { "ALE_TM_\(record.name ?? "")" }

    /// Step 3: names the transform map, and says what fills each field.
    func transformMap(_ request: SaveBuilderTransformMapRequest) -> (inout BuilderDraft) throws -> Void {
        { draft in
            let given = request.transformMapName.visible()
            guard given.unicodeScalars.count <= 200 else {
                throw Problem.invalid(
                    field: SaveBuilderTransformMapRequest.Field.transformMapName,
                    Text(en: "A name has at most 200 characters.", ko: "이름은 최대 200자입니다."), rule: "IMP-05")
            }
            let kept = draft.record.transformMapName ?? Self.proposedMap(draft.record)
            draft.record.transformMapName = given.isEmpty ? kept : given
            let check = FieldMapCheck(target: draft.target, columns: draft.parts.columns)
            draft.parts.fieldMaps = try check.completed(request.fieldMaps)
        }
    }

    // MARK: Views

    /// Step 5: the columns of the two list views; a view that is not named shows every field that something fills (G-71).
    func views(_ given: [BuilderView]) -> (inout BuilderDraft) throws -> Void {
        { draft in
            let all = draft.parts.fieldMaps.map(\.field)
            var views: [String: BuilderView] = [:]
            for view in given {
                guard BuilderActivity.views.contains(view.name), views.updateValue(view, forKey: view.name) == nil
                else {
                    let names = BuilderActivity.views.joined(separator: ", ")
                    throw Self.wrongView(
                        Text(en: "Each of \(names) may be named once.", ko: "뷰를 한 번씩만 지정하세요. 가능한 뷰: \(names)"))
                }
                guard Set(view.columns).count == view.columns.count, view.columns.allSatisfy(all.contains) else {
                    throw Self.wrongView(
                        Text(
                            en: "A view has each column once; possible: \(all.joined(separator: ", ")).",
                            ko: "뷰의 열은 한 번씩만 지정하세요. 가능한 열: \(all.joined(separator: ", "))"))
                }
            }
            draft.parts.views = BuilderActivity.views.map { name in
                var view = BuilderView()
                view.name = name
                view.columns = views[name].flatMap { $0.columns.isEmpty ? nil : $0.columns } ?? all
                return view
            }
            draft.record.uiViews = BuilderActivity.views.joined(separator: ", ")
        }
    }

    private static func wrongView(_ text: Text) -> Problem {
        .invalid(field: SaveBuilderViewsRequest.Field.views, text, rule: "G-71")
    }
}

extension StringProtocol {
    /// The text without a character at its ends.
    fileprivate func trimmed(of character: Character) -> String {
        var text = Substring(self)
        while text.first == character { text.removeFirst() }
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
