/// Opens whatever table a person has sent.
public enum TableFile {
    /// A workbook or a text file, told by its content; the name decides only for a file that claims to be a workbook
    /// and is none, which is then an error rather than one strange column. `takesGuards` says whether the fields of a text
    /// file are read without their guards against formulas.
    public static func open(
        path: String, name: String, encoding: TextEncoding? = nil, takesGuards: Bool = false,
        limits: WorkbookLimits = WorkbookLimits()
    ) throws(WorkbookError) -> any RowSource {
        if let type = FileStart.otherType(path) { throw .otherType(type) }
        let lowered = name.lowercased()
        let claims = [".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".zip"].contains { lowered.hasSuffix($0) }
        if claims || FileStart.isContainer(path) { return try WorkbookReader(path: path, limits: limits) }
        return try CSVReader(path: path, encoding: encoding, takesGuards: takesGuards, limits: limits)
    }
}
