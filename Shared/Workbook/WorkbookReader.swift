import Wire

/// Reads a sheet of an Excel workbook (.xlsx, transitional or strict) row by row, with memory bounded by the shared
/// strings and one window of the sheet. Formulas are read by their last result; formatting matters only for dates.
/// Not for use on two threads at once.
public final class WorkbookReader: RowSource {
    /// A sheet with cells.
    public struct Sheet: Sendable, Hashable {
        /// The name on its tab.
        public let name: String
        /// False for hidden sheets.
        public let isVisible: Bool
    }

    private let archive: ZipArchive
    private let package: WorkbookPackage
    private let limits: WorkbookLimits
    private var strings: SharedStrings?
    private var styles: CellStyles?
    private var scanner: SheetScanner?
    /// The sheet that is being read; nil before the first row.
    public private(set) var openSheet: String?

    /// Opens the workbook at a path. Throws when it is no workbook, is damaged, protected, or passes a bound.
    public init(path: String, limits: WorkbookLimits = WorkbookLimits()) throws(WorkbookError) {
        self.limits = limits
        archive = try ZipArchive(path: path, limits: limits)
        package = try WorkbookPackage(archive, limits)
    }

    /// The sheets in the order of their tabs.
    public var sheets: [Sheet] { package.sheets.map { Sheet(name: $0.name, isVisible: $0.isVisible) } }

    /// Whether the workbook asks for its formulas to be calculated anew and formulas were among what has been read: what
    /// they stand for may be out of date.
    public var hasStaleResults: Bool { package.recalculates && scanner?.hasFormulas == true }

    /// The merged ranges of the sheet that is read: a value stands in the first cell of each alone. Known behind its last
    /// row.
    public var mergedRanges: [CellRange] { scanner?.merged ?? [] }

    /// The columns, counted from 0, that nobody sees in the sheet that is read. Known from its first row on.
    public var hiddenColumns: [ClosedRange<Int>] { scanner?.hiddenColumns ?? [] }

    /// Goes to the start of a sheet: the one of this name (case does not count), or the first visible one.
    public func open(sheet name: String? = nil) throws(WorkbookError) {
        let found = package.sheets.firstIndex { sheet in
            name.map { $0.alike == sheet.name.alike } ?? sheet.isVisible
        }
        guard let found else { throw noSheet(name) }
        try open(at: found)
    }

    private func noSheet(_ name: String?) -> WorkbookError {
        let shown = package.sheets.filter { $0.isVisible || name == nil }.prefix(20).map(\.name)
        let names = shown.map { "\"\($0)\"" }.joined(separator: ", ")
        let koreanNames = shown.joined(separator: ", ")
        if let name {
            let (english, korean) = names.isEmpty ? ("", "") : ("; there are \(names)", "(있는 시트: \(koreanNames))")
            return WorkbookError(
                .noSheet, "there is no sheet named \"\(name)\"\(english)", "‘\(name)’ 시트가 없습니다\(korean).")
        }
        guard !names.isEmpty else { return WorkbookError(.noSheet, "there is no sheet with cells", "셀이 있는 시트가 없습니다.") }
        return WorkbookError(
            .noSheet, "every sheet is hidden: \(names); name the one that is to be read, or show it",
            "모든 시트가 숨겨져 있습니다(\(koreanNames)). 읽을 시트를 지정하거나 숨기기를 취소하세요.")
    }

    /// Goes to the start of a sheet by its place among the tabs.
    public func open(at index: Int) throws(WorkbookError) {
        let part = package.sheets[index]
        guard let entry = try archive.open(part.path, limit: limits.inflatedBytes) else {
            throw WorkbookError(
                .damaged, "the sheet \"\(part.name)\" is not in the file: its part \(part.path) is missing",
                "‘\(part.name)’ 시트의 내용(\(part.path))이 파일에 없습니다.")
        }
        scanner = try SheetScanner(
            entry, strings: loadStrings(), styles: loadStyles(), from1904: package.from1904, limits: limits)
        openSheet = part.name
    }

    /// Reads the next row with content, of the first visible sheet unless another was opened.
    public func next(into row: inout SheetRow) throws(WorkbookError) -> Bool {
        if scanner == nil { try open() }
        return try scanner?.next(into: &row) ?? false
    }

    private func loadStrings() throws(WorkbookError) -> SharedStrings {
        if let strings { return strings }
        let entry: ZipEntry?
        if let path = package.stringsPath {
            entry = try archive.open(path, limit: limits.inflatedBytes)
        } else {
            entry = nil
        }
        let loaded = if let entry { try SharedStrings(entry, limits: limits) } else { SharedStrings() }
        strings = loaded
        return loaded
    }

    private func loadStyles() throws(WorkbookError) -> CellStyles {
        if let styles { return styles }
        var loaded = CellStyles()
        if let path = package.stylesPath, let entry = try archive.open(path, limit: limits.partBytes) {
            loaded = try WorkbookPackage.styles(entry)
        }
        styles = loaded
        return loaded
    }
}
