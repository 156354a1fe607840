/// What a cell holds that is neither a text nor refers to one. What its type does not allow is that cell's matter alone.
struct CellScalar {
    /// What the type of a cell says.
    enum Content { case number, shared, text, bool, error, isoDate, unknown }

    let kind: SheetRow.Kind
    let text: String
    /// The number behind a date or time.
    let serial: Double
    private static let longestError = 32

    private init(_ kind: SheetRow.Kind, _ text: String, _ serial: Double = 0) {
        (self.kind, self.text, self.serial) = (kind, text, serial)
    }

    /// Reads what the file has written, after the type and the style of the cell.
    init(_ written: String, _ content: Content, style: DateStyle, from1904: Bool) {
        switch content {
        case .bool:
            switch written.lowercased() {
            case "1", "true": self.init(.bool, "true")
            case "0", "false": self.init(.bool, "false")
            default: self.init(.unreadable, written)
            }
        case .error: self.init(.error, String(written.prefix(Self.longestError)))
        case .isoDate:
            guard let (kind, text) = ISODate.value(written, style: style) else {
                self.init(.unreadable, written)
                return
            }
            self.init(kind, text, ExcelDates.serial(kind, text, from1904: from1904))
        default: self.init(number: written, style: style, from1904: from1904)
        }
    }

    private init(number written: String, style: DateStyle, from1904: Bool) {
        if style != .none, let value = NumberText.value(written),
            let (kind, text) = ExcelDates.text(value, style: style, from1904: from1904)
        {
            self.init(kind, text, value)
        } else if let plain = NumberText.plain(written) {
            self.init(.number, plain)
        } else {
            self.init(.unreadable, written)
        }
    }
}
