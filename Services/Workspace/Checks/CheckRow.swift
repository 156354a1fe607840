import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// The row that a check is run on: typed, or taken from an import.
struct CheckRow: Sendable {
    private enum Name: String {
        case account, row
        case task = "import"
        case number = "row_number"
    }

    private static let cell = "cell-"

    let visit: Visit
    let table: StagingTable

    /// What the form shows of it, with what is wrong about the import that its row was to be taken from.
    func values(_ refused: Problem?) -> Values {
        let forms = Forms(visit, showsTyped: true)
        let language = visit.reader.language
        let filter = FilterText.equal(ImportTask.Field.sourceTable, table.name)
        let task = Forms.Field(
            Name.task.rawValue, ImportTask.schema.label(language),
            .reference(
                shown: "", choose: "/choose/\(ImportTask.schema.table)?filter=\(Fields.encoded(filter))"))
        let number = Forms.Field(
            Name.number.rawValue, visit.say("Number of the row", "행 번호"), .text("number"),
            help: visit.say("Empty for the first one.", "비워 두면 첫 번째 행입니다."))
        let account = Forms.Field(
            Name.account.rawValue, visit.say("Name of the account of the case", "케이스의 계정 이름"), .text("text"),
            help: visit.say(
                "What scripts read as task.company.name, where no row of an import was taken.",
                "가져오기의 행을 가져오지 않은 경우 스크립트가 'task.company.name' 필드에서 읽는 값입니다."))
        return [
            "take": [task, number].map { forms.values($0, refused: refused) },
            "account": [forms.values(account, refused: nil)],
            "id": visit.form[Name.row],
            "isTaken": !visit.form[Name.row].isEmpty || refused?.fault(Name.task.rawValue, language).isEmpty == false,
            "cells": table.fields.map { field in
                forms.values(
                    Forms.Field("\(Self.cell)\(field.name)", field.label(language), .text("text")), refused: nil)
            },
        ]
    }

    /// Puts it into what is asked for.
    func fill(_ request: inout RunCheckRequest) {
        request.cells = visit.form.under(Self.cell).map { name, text in
            var cell = StagedCell()
            (cell.field, cell.value) = (name, text)
            return cell
        }
        request.stagingRow = visit.form[Name.row]
        request.accountName = visit.form[whole: Name.account.rawValue]
    }

    /// The form with the cells of a row of an import in the place of those that were typed. NOT_FOUND is said at the field.
    func taken() async throws(Problem) -> Fields {
        let task = try await Lookup(visit).chosen(
            Name.task.rawValue, in: ImportTask.schema.table,
            filter: FilterText.equal(ImportTask.Field.sourceTable, table.name), blame: Name.task.rawValue)
        var request = ListStagingRowsRequest()
        (request.importTask, request.pageSize) = (task, 1)
        if let number = Int(visit.form[Name.number]) { request.filter = "row_number = \(number)" }
        let row =
            task.isEmpty ? nil : try await visit.ask(ImportValidationAPI.listStagingRows, request).stagingRows.first
        var form = Fields()
        for (name, value) in visit.form.pairs where !name.hasPrefix(Self.cell) && name != Name.row.rawValue {
            form.add(name, value)
        }
        form.add(Name.row.rawValue, row?.id ?? "")
        for cell in row?.cells ?? [] { form.add("\(Self.cell)\(cell.field)", cell.value) }
        return form
    }
}
