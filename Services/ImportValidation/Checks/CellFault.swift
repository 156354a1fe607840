import Foundation
import Korean
import Wire
import Workbook

/// What a file itself says against a row: a cell that holds no value, or a row that is out of step with the titles. Kept
/// with the row until a person corrects the cell, for the text of the cell alone would not tell any more.
struct CellFault: Codable, Sendable, Equatable {
    /// The kinds of fault.
    enum Kind: String, Codable, Sendable, CaseIterable {
        /// The cell shows an error such as `#N/A`.
        case error
        /// A formula without a stored result.
        case missing
        /// Something that the type of the cell does not allow.
        case unreadable
        /// A number format that is not followed, in a column of texts.
        case format
        /// More fields than titles.
        case surplus
        /// The row, or a cell of it, says to be where it cannot be.
        case place
        /// A quotation mark that took in the lines behind it.
        case quotation
        /// The cell is part of a merged range, whose value stands in its first cell alone.
        case merged
        /// The transform map of the import does not say what the text stands for.
        case unmapped
    }

    enum CodingKeys: CodingKey { case kind, field, place, detail }

    let kind: Kind
    /// The field of the cell; nil when it concerns the whole row.
    var field: String?
    /// The cell as people know it: `C12`.
    let place: String
    /// What stands there, or how many fields or which lines.
    var detail = ""

    init(kind: Kind, field: String? = nil, place: String, detail: String = "") {
        (self.kind, self.field, self.place, self.detail) = (kind, field, place, detail)
    }

    /// What people are told. `label` is that of the field.
    func text(_ label: Text) -> Text {
        let (en, ko) = ("\(label.en) (\(place))", "\(label.ko)(\(place))")
        switch kind {
        case .error where !detail.isEmpty && detail.allSatisfy({ $0 == "#" }):
            return Text(
                en:
                    "\(en) holds \(detail) instead of a value: its column was too narrow for it when the file was saved. Enter the value.",
                ko: "\(ko): 파일을 저장할 때 열이 좁아 값 대신 \(detail, .subject) 저장되었습니다. 값을 입력하세요.")
        case .error:
            return Text(
                en: "\(en) holds the error \(detail) instead of a value. Enter the value.",
                ko: "\(ko): 값 대신 오류 \(detail, .subject) 있습니다. 값을 입력하세요.")
        case .missing:
            return Text(
                en:
                    "\(en) is a formula whose result is not in the file. Open the file in Excel and save it again, or enter the value.",
                ko: "\(ko): 수식의 계산 결과가 파일에 없습니다. Excel에서 파일을 열어 다시 저장하거나 값을 직접 입력하세요.")
        case .unreadable:
            return Text(
                en: "\(en) holds \"\(detail)\", which is not what its cell says to hold. Enter the value.",
                ko: "\(ko): 셀의 형식과 맞지 않는 값 ‘\(detail)’\(.subject, after: detail) 있습니다. 값을 입력하세요.")
        case .format:
            return Text(
                en:
                    "\(en) is shown by the format \(detail), which is not followed here. Enter the text that the cell shows.",
                ko: "\(ko): 셀 표시 형식 \(detail, .object) 적용할 수 없습니다. 셀에 보이는 텍스트를 입력하세요.")
        case .surplus:
            return Text(
                en:
                    "The row has more fields than there are titles (\(detail)): its values may be out of step. Compare it with the file; a value that holds the separator stands in quotation marks there.",
                ko: "행의 필드가 제목보다 많습니다(\(detail)). 값이 밀렸을 수 있으니 파일과 비교하세요. 구분 기호가 들어 있는 값은 파일에서 큰따옴표로 묶으세요.")
        case .place:
            return Text(
                en:
                    "The file says that row \(place), or a cell in it, is at \"\(detail)\", which cannot be: its values may be out of step. Compare it with the file.",
                ko:
                    "파일에서 행(\(place)) 또는 그 안의 셀의 위치가 ‘\(detail)’\(.direction, after: detail) 되어 있습니다. 있을 수 없는 위치이므로 값이 밀렸을 수 있습니다. 파일과 비교하세요."
            )
        case .quotation:
            return Text(
                en:
                    "A quotation mark in \(place) has taken in the lines \(detail): they became one row. Correct it in the file and import the file again.",
                ko: "\(place)의 따옴표 때문에 \(detail)번째 줄이 한 행으로 합쳐졌습니다. 파일에서 따옴표를 고친 후 가져오기를 다시 실행하세요.")
        case .merged:
            return Text(
                en:
                    "\(en) is part of the merged cells \(detail), whose value stands in the first of them alone. Enter the value of this row.",
                ko: "\(ko): 병합된 셀 \(detail)의 일부이며, 값은 병합된 범위의 첫 번째 셀에만 있습니다. 이 행의 값을 입력하세요.")
        case .unmapped:
            return Text(
                en: "\(en) holds \"\(detail)\", which has no place in the value map of this import. Correct the value.",
                ko: "\(ko): ‘\(detail)’ 값이 이 가져오기의 값 맵에 없습니다. 값을 수정하세요.")
        }
    }

    /// Of a row that says of its place, or of that of one of its cells, what cannot be.
    init(_ misplaced: String, in row: borrowing SheetRow) {
        self.init(kind: .place, place: "\(row.number)", detail: String(misplaced.prefix(40)))
    }

    /// Faults as their column holds them; empty for none.
    static func json(_ faults: [CellFault]) -> String {
        guard !faults.isEmpty else { return "" }
        let json = try? JSONWriter.objects(faults) { (fault, writer) throws(WireError) in
            try writer.member(CodingKeys.kind, fault.kind.rawValue)
            if let field = fault.field { try writer.member(CodingKeys.field, field) }
            try writer.member(CodingKeys.place, fault.place)
            try writer.member(CodingKeys.detail, fault.detail)
        }
        return json.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The faults in the text of their column.
    static func read(_ json: String?) -> [CellFault] {
        json.flatMap { try? JSONDecoder().decode([CellFault].self, from: Data($0.utf8)) } ?? []
    }
}
