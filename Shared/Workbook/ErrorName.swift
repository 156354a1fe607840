/// What spreadsheets write into a text file for a cell that shows an error.
enum ErrorName {
    private static let all = [
        "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
        "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#GETTING_DATA",
    ].map { Array($0.utf8) }

    /// Whether a field holds the name of an error and nothing else.
    static func isWritten(in field: ArraySlice<UInt8>) -> Bool {
        field.first == UInt8(ascii: "#") && all.contains { $0.elementsEqual(field) }
    }
}
