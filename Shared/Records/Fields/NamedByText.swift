import Wire

extension RecordSchema {
    /// Whether texts of a workbook can name its records: it is a target of imports, or says by what they do.
    public var isNamedByTexts: Bool { importing != nil || !namedBy.isEmpty }
}

extension FieldSchema {
    /// Whether a text can name records by this field.
    public var namesRecords: Bool { [.string, .text, .email, .url].contains(type) && name != "etag" }
}
