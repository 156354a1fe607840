import Foundation
import TestKit
import Testing

@testable import Workbook

/// Builds workbooks byte by byte, as odd as real programs write them.
struct WorkbookBuilder {
    var entries: [(name: String, bytes: [UInt8])] = []

    /// A workbook of one sheet. `data` is what stands inside `sheetData`.
    init(
        data: String, strings: String? = nil, styles: String? = nil, properties: String = "",
        sheets: String = #"<sheet name="First" sheetId="1" r:id="rId1"/>"#
    ) {
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        let kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        add(
            "_rels/.rels",
            #"<Relationships><Relationship Id="r" Type="\#(kinds)/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        )
        add(
            "xl/workbook.xml",
            #"<workbook xmlns="\#(main)" xmlns:r="\#(kinds)">\#(properties)<sheets>\#(sheets)</sheets></workbook>"#)
        var relations = #"<Relationship Id="rId1" Type="\#(kinds)/worksheet" Target="worksheets/sheet1.xml"/>"#
        relations += #"<Relationship Id="rId2" Type="\#(kinds)/worksheet" Target="/xl/worksheets/sheet2.xml"/>"#
        relations += #"<Relationship Id="rId9" Type="\#(kinds)/chartsheet" Target="chartsheets/sheet1.xml"/>"#
        if let strings {
            relations += #"<Relationship Id="rId3" Type="\#(kinds)/sharedStrings" Target="sharedStrings.xml"/>"#
            add("xl/sharedStrings.xml", "<sst>\(strings)</sst>")
        }
        if let styles {
            relations += #"<Relationship Id="rId4" Type="\#(kinds)/styles" Target="styles.xml"/>"#
            add("xl/styles.xml", "<styleSheet>\(styles)</styleSheet>")
        }
        add("xl/_rels/workbook.xml.rels", "<Relationships>\(relations)</Relationships>")
        add("xl/worksheets/sheet1.xml", #"<worksheet xmlns="\#(main)"><sheetData>\#(data)</sheetData></worksheet>"#)
    }

    /// A container of these entries only.
    init(entries: [(String, String)]) {
        for (name, text) in entries { add(name, text) }
    }

    mutating func add(_ name: String, _ text: String) { entries.append((name, Array(text.utf8))) }

    mutating func replace(_ name: String, _ text: String) {
        entries.removeAll { $0.name == name }
        add(name, text)
    }

    mutating func rename(_ change: (String) -> String) {
        for index in entries.indices { entries[index].name = change(entries[index].name) }
    }

    /// The container, nothing compressed.
    var zip: [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for (name, bytes) in entries {
            let offset = file.count
            var common: [UInt8] = []
            common.append(little: 20, 2)
            common.append(little: 0x0800, 2)  // names in UTF-8
            common.append(little: 0, 2)
            common.append(little: 0x0021_0000, 4)
            common.append(little: Int(Self.checksum(bytes)), 4)
            common.append(little: bytes.count, 4)
            common.append(little: bytes.count, 4)
            common.append(little: name.utf8.count, 2)
            common.append(little: 0, 2)
            file.append(little: 0x0403_4B50, 4)
            file += common + Array(name.utf8) + bytes
            directory.append(little: 0x0201_4B50, 4)
            directory.append(little: 20, 2)
            directory += common
            directory.append(little: 0, 2 + 2 + 2 + 4)
            directory.append(little: offset, 4)
            directory += Array(name.utf8)
        }
        let start = file.count
        file += directory
        file.append(little: 0x0605_4B50, 4)
        file.append(little: 0, 4)
        file.append(little: entries.count, 2)
        file.append(little: entries.count, 2)
        file.append(little: directory.count, 4)
        file.append(little: start, 4)
        file.append(little: 0, 2)
        return file
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }

    /// All rows of the workbook.
    func rows(sheet: String? = nil, limits: WorkbookLimits = WorkbookLimits()) throws -> [SheetRow] {
        try withFile(zip) { path in
            let reader = try WorkbookReader(path: path, limits: limits)
            try reader.open(sheet: sheet)
            return try reader.readAll()
        }
    }

    /// The cells of every row.
    func cells(limits: WorkbookLimits = WorkbookLimits()) throws -> [[Cell]] { try rows(limits: limits).map(\.cells) }
}

extension [UInt8] {
    mutating func append(little value: Int, _ size: Int) {
        for index in 0..<size { append(UInt8(truncatingIfNeeded: index < 8 ? value >> (8 * index) : 0)) }
    }
}

/// Runs a body with the path of a file that is gone afterwards.
func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("workbook-\(UUID().uuidString)").path
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

/// The error a body throws.
func failure(_ body: () throws -> some Any) -> WorkbookError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? WorkbookError
    }
}
