import CXlsxWriter
import Foundation

/// What Excel checks when somebody types into a column of a template.
struct WorkbookRule {
    private let bound: WorkbookColumn.Bound
    private let title: String
    private let message: String

    /// A rule whose message is the note of the column. Excel takes 32 characters of a title and 255 of a message.
    init(_ bound: WorkbookColumn.Bound, _ column: WorkbookColumn, _ title: String) {
        self.bound = bound
        self.title = String(title.prefix(32))
        message = String(decoding: (column.note ?? "").utf16.prefix(255), as: UTF16.self)
    }

    /// Puts the rule on all rows below the titles.
    func apply(to sheet: UnsafeMutablePointer<lxw_worksheet>, _ column: UInt16) {
        var rule = lxw_data_validation()
        let texts: [String] = [title, message]
        let strings = texts.map { strdup($0) }
        defer { for string in strings { free(string) } }
        rule.error_title = strings[0]
        rule.error_message = message.isEmpty ? nil : strings[1]
        rule.criteria = UInt8(LXW_VALIDATION_CRITERIA_BETWEEN.rawValue)
        switch bound {
        case .whole(let range):
            rule.validate = UInt8(LXW_VALIDATION_TYPE_INTEGER.rawValue)
            (rule.minimum_number, rule.maximum_number) = (Double(range.lowerBound), Double(range.upperBound))
        case .digits(let digits, let minimum, let maximum):
            // The last double below the power of ten.
            let most = pow(10, Double(digits)).nextDown
            rule.validate = UInt8(LXW_VALIDATION_TYPE_DECIMAL.rawValue)
            rule.minimum_number = minimum.map(Double.init) ?? -most
            rule.maximum_number = maximum.map(Double.init) ?? most
        case .length(let length):
            rule.validate = UInt8(LXW_VALIDATION_TYPE_LENGTH.rawValue)
            (rule.minimum_number, rule.maximum_number) = (0, Double(length))
            rule.error_type = UInt8(LXW_VALIDATION_ERROR_TYPE_WARNING.rawValue)
        }
        worksheet_data_validation_range(sheet, 1, column, WorkbookWriter.lastRow, column, &rule)
    }
}
