import TestKit
import Testing

@testable import Workbook

/// Files with random damage are refused or read, and nothing else.
@Suite struct WorkbookFuzzTests {
    /// The same numbers in every run.
    private struct Numbers {
        var state: UInt64
        mutating func next(below bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
    }

    private static let pieces: [[UInt8]] = [
        "<", ">", "</c>", "<c", "<row>", "</row>", "\"", "'", "&", "&#", ";", "]]>", "<![CDATA[", "<!--", "-->", "=",
        ":", "/>", "\u{0}", "<?",
        "<v>", "</v></c>", " r=\"ZZZ9\"", " t=\"s\"", "</sheetData>",
    ].map { Array($0.utf8) }

    @Test(arguments: 1...8)
    func damagedSheets(seed: Int) throws {
        var numbers = Numbers(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
        let sheet = """
            <worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>45351.5</v></c></row>\
            <row r="2"><c t="inlineStr"><is><r><t>a&amp;b</t></r><rPh><t>x</t></rPh></is></c><c><v>12.5</v></c></row>\
            <row><c t="b"><v>1</v></c><c t="str"><f>1</f><v><![CDATA[x]]></v></c><!-- y --></row></sheetData></worksheet>
            """
        var read = 0
        for _ in 0..<250 {
            var bytes = Array(sheet.utf8)
            for _ in 0...numbers.next(below: 3) {
                let at = numbers.next(below: bytes.count)
                switch numbers.next(below: 4) {
                case 0: bytes[at] = UInt8(numbers.next(below: 256))
                case 1: bytes.removeSubrange(at..<min(bytes.count, at + 1 + numbers.next(below: 20)))
                case 2: bytes.insert(contentsOf: Self.pieces[numbers.next(below: Self.pieces.count)], at: at)
                default: bytes.removeLast(min(bytes.count - 1, numbers.next(below: 40)))
                }
            }
            var builder = WorkbookBuilder(
                data: "", strings: "<si><t>a</t></si>", styles: "<cellXfs><xf/><xf numFmtId='14'/></cellXfs>")
            builder.entries.removeAll { $0.name == "xl/worksheets/sheet1.xml" }
            builder.entries.append(("xl/worksheets/sheet1.xml", bytes))
            if let rows = try? builder.rows() {
                read += 1
                for row in rows { #expect(row.cells.count == row.count) }
            }
        }
        #expect(read < 250, "some damage must have been noticed")
    }

    @Test func everyPrefixOfAFileIsRefused() {
        let whole = WorkbookBuilder(data: "<row><c><v>1</v></c></row>", strings: "<si><t>a</t></si>").zip
        for count in stride(from: 0, to: whole.count, by: 7) {
            let error = failure { try withFile(Array(whole.prefix(count))) { try WorkbookReader(path: $0).readAll() } }
            #expect(error?.kind == (count < 2 ? .notAWorkbook : .damaged), "\(count)")
        }
    }
}
