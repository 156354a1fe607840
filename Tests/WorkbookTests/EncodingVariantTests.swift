import Foundation
import TestKit
import Testing

@testable import Workbook

/// Text files in encodings that their bytes do or do not tell.
@Suite struct EncodingVariantTests {
    private func read(_ bytes: [UInt8], _ encoding: TextEncoding? = nil) throws -> (TextEncoding, [[String?]]) {
        try withFile(bytes) { path in
            let reader = try CSVReader(path: path, encoding: encoding)
            let rows = try reader.readAll().map { row in (0..<row.count).map { row.text(at: $0) } }
            return (reader.encoding, rows)
        }
    }

    private func bytes(_ text: String, _ encoding: String) throws -> [UInt8] {
        let handle = try #require(iconv_open(encoding, "UTF-8"))
        defer { iconv_close(handle) }
        var source = Array(text.utf8)
        var target = [UInt8](repeating: 0, count: source.count * 4 + 8)
        var (left, room) = (source.count, target.count)
        source.withUnsafeMutableBytes { input in
            target.withUnsafeMutableBytes { output in
                var from = input.baseAddress?.assumingMemoryBound(to: CChar.self)
                var to = output.baseAddress?.assumingMemoryBound(to: CChar.self)
                _ = iconv(handle, &from, &left, &to, &room)
            }
        }
        try #require(left == 0)
        return Array(target.dropLast(room))
    }

    /// UTF-16 that has lost its mark, also where few characters are of ASCII.
    @Test(arguments: [
        "이름,도시\r\n홍길동,서울\r\n김영희,부산\r\n", "Name;Ort\nA;B\n", "名前\t都市\r\n山田\t東京\r\n", "a,b\n",
        "이름\r\n\u{AC00}\u{C100}\r\n\u{AC00}\r\n",
    ])
    func wideTextsWithoutTheirMark(text: String) throws {
        for (name, encoding) in [("UTF-16LE", TextEncoding.utf16LittleEndian), ("UTF-16BE", .utf16BigEndian)] {
            let (found, rows) = try read(bytes(text, name))
            #expect(found == encoding)
            #expect(rows.first?.first == String(text.prefix { !",;\t\r\n\r\n".contains($0) }))
        }
    }

    @Test(arguments: ["a,b\nx\0,y\n", "ab\0cd\0,\n", "Näme\0\0\0\0,b\n", "\0\0\0\0", "a\u{1}\0b\0c\0"])
    func zerosMakeNoWideText(text: String) {
        #expect(FileStart.wideText(Array(text.utf8)) == nil)
        #expect(failure { try read(Array(text.utf8)) }?.kind == .encoding)
    }

    /// No sample of a candidate has characters that nobody can store.
    @Test func samplesAreTexts() {
        let error = failure { try read(Array("ab\0\0c,".utf8) + [0xB1, 0xE8, 0, 0xFF, 0xFE] + Array("\n".utf8)) }
        #expect(
            error?.kind == .encoding && error?.english.utf8.contains(0) == false
                && error?.english.contains("UTF-16LE") == true)
    }

    /// A line is cut where no character of two bytes is torn.
    @Test func longLinesAreNotTorn() throws {
        for shift in 0..<3 {
            let line = String(repeating: "x", count: shift) + String(repeating: "홍길동 ", count: 1_500)
            let error = failure { try read(bytes("Name,Ort\n\(line),y\n", "CP949")) }
            #expect(error?.english.contains("CP949 (\"") == true, "\(error?.english ?? "read")")
        }
    }

    /// Letters that a mark behind them would change are held back by the decoder, and not lost at the end of the file.
    @Test(arguments: [
        ("CP1255", TextEncoding.windows1255, "שלום"), ("CP1258", .windows1258, "Hòa"), ("CP1255", .windows1255, "א"),
    ])
    func theLastLetterIsThere(name: String, encoding: TextEncoding, word: String) throws {
        let text = "Name,Ort\nA,\(word)"
        #expect(try read(bytes(text.decomposedStringWithCanonicalMapping, name), encoding).1.last?.last == word)
    }

    /// Databases that write the halves of an emoji each by itself (CESU-8) have not written Windows-1252, as which it would be
    /// "í ½í¸€": the line is named.
    @Test(arguments: [[0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xED, 0xA0, 0xBC, 0xED, 0xBF, 0xA2]] as [[UInt8]])
    func halvesOfACharacterAreNoWesternText(_ halves: [UInt8]) {
        let error = failure { try read(Array("Name,Ort\nA,".utf8) + halves + Array("\nB,C\n".utf8)) }
        #expect(error?.kind == .encoding && error?.english.contains("line 2") == true, "\(error?.english ?? "read")")
    }

    /// What an old program of the Macintosh writes looks Western and is not Windows-1252: it is asked.
    @Test(arguments: ["Jürgen", "Zürich", "Größe", "München", "Åse", "François", "Málaga", "Käthe"])
    func filesOfTheMacintoshAreAsked(word: String) throws {
        let file = try bytes("Name,Ort\rA,\(word)\rB,\(word)\r", "MACINTOSH")
        let error = failure { try read(file) }
        #expect(
            error?.kind == .encoding && error?.english.contains("Macintosh (\"\(word)\")") == true,
            "\(error?.english ?? "read")")
        #expect(try read(file, .macintosh).1 == [["Name", "Ort"], ["A", word], ["B", word]])
        #expect(TextEncoding(named: "MacRoman") == .macintosh && TextEncoding(named: "macintosh") == .macintosh)
    }

    @Test(arguments: [
        ("CP949", "홍길동"), ("CP949", "서울특별시 강남구"), ("CP949", "뷁"), ("CP932", "東京都"), ("CP932", "ｱﾊﾟｰﾄ"), ("CP932", "ソニー"),
        ("GB18030", "北京市"), ("GB18030", "张伟"), ("CP950", "臺北市"), ("CP950", "許功蓋"), ("CP1251", "Москва"),
        ("CP1251", "Щербаков"),
        ("KOI8-R", "Санкт-Петербург"), ("CP1250", "Łódź"), ("CP1250", "Dvořák"), ("CP1253", "Αθήνα"),
        ("CP1255", "שלום"),
        ("CP1256", "مرحبا"), ("CP1254", "Şişli"), ("CP1257", "Šiauliai"),
    ])
    func noOtherScriptBecomesWestern(encoding: String, word: String) throws {
        let file = try bytes("Name,Ort\nA,\(word)\n", encoding)
        guard let error = failure({ try read(file) }) else {
            let read = try read(file)
            return #expect(read.1.last?.last == word, "read as \(read.0.rawValue): \(read.1)")
        }
        #expect(error.kind == .encoding && error.english.contains(word), "\(error.english)")
    }

    @Test(arguments: [
        // One broken byte in a file that is UTF-8 otherwise, by its line, however the lines end.
        ("Näme,Ört\nJörg,Köln\nA,", "\n", 3), ("Näme,Ört\rJörg,Köln\rA,", "\r", 3),
        ("Näme,Ört\r\nÄ,Köln\r\nA,", "\r\n", 3),
    ])
    func brokenBytesAreNamedByTheirLine(start: String, end: String, line: Int) {
        let error = failure { try read(Array(start.utf8) + [0xE4] + Array("\(end)Ü,Ö\(end)".utf8)) }
        #expect(error?.english.contains("line \(line) ") == true, "\(error?.english ?? "read")")
        let marked = failure {
            try read([0xEF, 0xBB, 0xBF] + Array(start.utf8) + [0xC3, 0x28] + Array("\(end)".utf8))
        }
        #expect(marked?.english.contains("line \(line) ") == true, "\(marked?.english ?? "read")")
    }

    /// One letter that is whole and one byte that is broken: no word becomes another one.
    @Test(
        arguments: ["Österreich", "Ärzte", "Åse", "Ørsted", "Ñuble", "À la carte", "Übersee"], [0xFC, 0xE9] as [UInt8])
    func aBrokenByteMakesNoWesternText(word: String, broken: UInt8) {
        let error = failure {
            try read(Array("Name,Ort\nA,\(word)\nB,M".utf8) + [broken] + Array("nchen\n".utf8))
        }
        #expect(error?.kind == .encoding, "\(word) was read")
    }

    @Test(
        arguments: [
            [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
            [0x80], [0xFE],
        ] as [[UInt8]])
    func noBytesAreMadeUp(broken: [UInt8]) {
        let good = Array("Größe,Maß\nÜber,Öl\n한글,김치\n".utf8)
        for file in [good + broken + Array("\n".utf8) + good, good + broken] {
            guard let read = try? read(file) else { continue }
            Issue.record("\(broken) was read as \(read.0.rawValue)")
        }
    }

    @Test(arguments: ["UTF-16LE", "UTF-16BE"]) func wideTexts(encoding: String) throws {
        let text = "Name;Ort\r\nAnna;Köln\r\n김;서울\r\n😀;x\r\n"
        let expected: [[String?]] = [["Name", "Ort"], ["Anna", "Köln"], ["김", "서울"], ["😀", "x"]]
        let mark: [UInt8] = encoding == "UTF-16LE" ? [0xFF, 0xFE] : [0xFE, 0xFF]
        #expect(try read(mark + bytes(text, encoding)).1 == expected)
        #expect(try read(bytes(text, encoding)).1 == expected)
        #expect(try read(mark + bytes("sep=;\r\n" + text, encoding)).1 == expected)
    }
}
