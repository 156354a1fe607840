/// The parts of a workbook around its sheets: which sheets there are, how numbers look, where texts are.
struct WorkbookPackage {
    struct SheetPart {
        let name: String
        let isVisible: Bool
        let path: String
    }

    private(set) var sheets: [SheetPart] = []
    private(set) var from1904 = false
    /// Whether the workbook asks for its formulas to be calculated anew: their stored results may be out of date.
    private(set) var recalculates = false
    private(set) var stylesPath: String?
    private(set) var stringsPath: String?

    init(_ archive: ZipArchive, _ limits: WorkbookLimits) throws(WorkbookError) {
        let roots = try Self.relations("_rels/.rels", in: archive, limits)
        let path = roots.first { $0.kind == "officeDocument" }?.target ?? "xl/workbook.xml"
        if archive.contains("xl/workbook.bin") || path.lowercased().hasSuffix(".bin") {
            throw WorkbookError(
                .legacy, "binary workbooks (.xlsb) are not read; save it as .xlsx", "이진 통합 문서(.xlsb)입니다. .xlsx로 저장하세요."
            )
        }
        guard let entry = try archive.open(path, limit: limits.partBytes) else {
            throw .notAWorkbook
        }
        let directory = path.split(separator: "/").dropLast().joined(separator: "/")
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let prefix = directory.isEmpty ? "" : directory + "/"
        let relations = try Self.relations("\(prefix)_rels/\(name).rels", in: archive, limits, directory)
        stylesPath = relations.first { $0.kind == "styles" }?.target
        stringsPath = relations.first { $0.kind == "sharedStrings" }?.target
        try readWorkbook(entry, relations, limits)
    }

    // MARK: - Relations

    private struct Relation {
        let id: String
        /// The last component of the type: the components before it differ between transitional and strict.
        let kind: String
        let target: String
    }

    private static func relations(
        _ path: String, in archive: ZipArchive, _ limits: WorkbookLimits, _ directory: String = ""
    ) throws(WorkbookError) -> [Relation] {
        guard let entry = try archive.open(path, limit: limits.partBytes) else { return [] }
        var relations: [Relation] = []
        var scanner = try XMLScanner(entry)
        while true {
            switch try scanner.next() {
            case .done: return relations
            case .start where scanner.nameIs("Relationship"):
                var (id, kind, target) = ("", "", "")
                while try scanner.nextAttribute() {
                    if scanner.keyIs("Id") { id = try scanner.value() }
                    if scanner.keyIs("Type") { kind = try scanner.value() }
                    if scanner.keyIs("Target") { target = try scanner.value() }
                }
                let last = kind.split(separator: "/").last.map(String.init) ?? ""
                relations.append(Relation(id: id, kind: last, target: resolve(target, from: directory)))
                guard relations.count <= limits.entries else {
                    throw .limit("relations", "파일 내부 구성 요소 수", limits.entries, at: path)
                }
            default: break
            }
        }
    }

    private static func resolve(_ target: String, from directory: String) -> String {
        let slashed = String(target.map { $0 == "\\" ? "/" : $0 })
        var parts = slashed.hasPrefix("/") ? [] : directory.split(separator: "/")
        for part in slashed.split(separator: "/") where part != "." {
            if part == ".." {
                _ = parts.popLast()
            } else {
                parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }

    // MARK: - Sheets

    private mutating func readWorkbook(_ entry: ZipEntry, _ relations: [Relation], _ limits: WorkbookLimits)
        throws(WorkbookError)
    {
        var scanner = try XMLScanner(entry)
        while true {
            switch try scanner.next() {
            case .done: return
            case .start where scanner.nameIs("workbookPr"):
                while try scanner.nextAttribute() {
                    if scanner.keyIs("date1904") { from1904 = ["1", "true", "on"].contains(try scanner.value()) }
                }
            case .start where scanner.nameIs("calcPr"):
                while try scanner.nextAttribute() {
                    if scanner.keyIs("fullCalcOnLoad") { recalculates = ["1", "true"].contains(try scanner.value()) }
                }
            case .start where scanner.nameIs("sheet"):
                var (name, id, state) = ("", "", "")
                while try scanner.nextAttribute() {
                    if scanner.keyIs("name") { name = try scanner.value() }
                    if scanner.keyIs("id") { id = try scanner.value() }
                    if scanner.keyIs("state") { state = try scanner.value() }
                }
                // A sheet without cells, such as a chart, is of another kind.
                guard let relation = relations.first(where: { $0.id == id && $0.kind == "worksheet" }) else { break }
                let isVisible = state != "hidden" && state != "veryHidden"
                sheets.append(SheetPart(name: name, isVisible: isVisible, path: relation.target))
                guard sheets.count <= limits.sheets else { throw .limit("sheets", "시트 수", limits.sheets) }
            default: break
            }
        }
    }

    // MARK: - Styles

    /// How the cells of each style are read and shown.
    static func styles(_ entry: ZipEntry) throws(WorkbookError) -> CellStyles {
        var custom: [Int: String] = [:]
        var styles = CellStyles()
        var inCellFormats = false
        var scanner = try XMLScanner(entry)
        while true {
            switch try scanner.next() {
            case .done: return styles
            case .start where scanner.nameIs("numFmt"):
                var (id, code) = (-1, "")
                while try scanner.nextAttribute() {
                    if scanner.keyIs("numFmtId") { id = scanner.wholeNumber() ?? -1 }
                    if scanner.keyIs("formatCode") { code = try scanner.value() }
                }
                if custom.count < 65_536 { custom[id] = code }
            case .start where scanner.nameIs("cellXfs"): inCellFormats = true
            case .end where scanner.nameIs("cellXfs"): inCellFormats = false
            case .start where inCellFormats && scanner.nameIs("xf"):
                var id = 0
                while try scanner.nextAttribute() {
                    if scanner.keyIs("numFmtId") { id = scanner.wholeNumber() ?? 0 }
                }
                guard styles.dates.count < 65_536 else { throw .limit("cell styles", "셀 스타일 수", 65_536) }
                styles.append(id, code: custom[id])
            default: break
            }
        }
    }
}

/// The styles of a workbook's cells by their numbers, as far as they say what a cell holds and shows.
struct CellStyles {
    private(set) var dates: [DateStyle] = []
    private(set) var formats: [NumberFormat?] = []

    /// Adds the style whose number format has this number, and this code when the workbook states it.
    mutating func append(_ id: Int, code: String?) {
        dates.append(code.map(DateStyle.init(formatCode:)) ?? DateStyle(builtIn: id))
        formats.append(code.map(NumberFormat.init) ?? NumberFormat(builtIn: id))
    }
}
