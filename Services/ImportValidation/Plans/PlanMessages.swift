import ImportValidationWire
import Postgres
import Records
import Wire

extension PlanRow {
    /// What people read of the outcomes.
    static let outcomes: [String: Text] = [
        Outcome.insert: Text(en: "Insert", ko: "생성"), Outcome.update: Text(en: "Update", ko: "수정"),
        Outcome.unchanged: Text(en: "Unchanged", ko: "변경 없음"), Outcome.conflict: Text(en: "Conflict", ko: "충돌"),
        Outcome.double: Text(en: "Double", ko: "중복"),
    ]

    /// What people read of the results.
    static let results: [String: Text] = [
        Result.published: RowStatus.published.label, Result.failed: Text(en: "Failed", ko: "실패"),
        Result.moved: Text(en: "Moved", ko: "대상 변경됨"),
    ]

    /// A row of a plan, for a reader of this language.
    init(_ row: Row, _ target: ImportTarget, _ language: String) throws {
        self.init()
        typealias Column = ImportPlan.Column
        number = try row.int64(Column.number)
        stagingRow = try row.string(Column.stagingRow)
        sourceFile = try row.string(Column.sourceFile)
        sourceSheet = try row.optionalString(Column.sourceSheet) ?? ""
        rowNumber = Int32(clamping: try row.int64(Column.rowNumber))
        outcome = try row.string(Column.outcome)
        outcomeLabel = Self.outcomes[outcome]?(language) ?? outcome
        targetRecord = try row.optionalString(Column.targetRecord) ?? ""
        fields = KeptChange.read(try row.optionalString(Column.fields)).map(\.message)
        reasons = StagingError.all(try row.optionalString(Column.reasons), target, language)
        result = try row.optionalString(Column.result) ?? ""
        resultLabel = Self.results[result]?(language) ?? ""
    }
}

extension PublishedRow {
    /// What people read of the states.
    static let states: [String: Text] = [
        State.published: RowStatus.published.label, State.undone: Text(en: "Undone", ko: "실행 취소됨"),
        State.kept: Text(en: "Kept", ko: "유지됨"),
    ]

    /// A row of a publication, for a reader of this language.
    init(_ row: Row, _ target: ImportTarget, _ language: String) throws {
        self.init()
        typealias Column = Publication.Column
        number = try row.int64(Column.number)
        stagingRow = try row.string(Column.stagingRow)
        rowNumber = Int32(clamping: try row.int64(Column.rowNumber))
        targetRecord = try row.string(Column.targetRecord)
        outcome = try row.string(Column.outcome)
        outcomeLabel = PlanRow.outcomes[outcome]?(language) ?? outcome
        fields = KeptChange.read(try row.optionalString(Column.fields)).map(\.message)
        let isUndone = try row.optionalTimestamp(Column.undoneAt) != nil
        reasons = isUndone ? [] : StagingError.all(try row.optionalString(Column.kept), target, language)
        state = isUndone ? State.undone : reasons.isEmpty ? State.published : State.kept
        stateLabel = Self.states[state]?(language) ?? state
    }
}

extension StagingError {
    /// Reasons as a column holds them, in the language of whoever reads.
    static func all(_ json: String?, _ target: ImportTarget, _ language: String) -> [StagingError] {
        RowError.read(json, comment: nil).map { error in
            var message = StagingError()
            message.check = error.check.rawValue
            message.field = error.field ?? ""
            message.message = error.text([], target)(language)
            return message
        }
    }
}
