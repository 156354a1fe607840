import Foundation
import TestKit
import Testing

@testable import Workbook

/// What text files are written in.
@Suite struct EncodingTests {
    private func read(_ bytes: [UInt8], _ encoding: TextEncoding? = nil) throws -> [[String?]] {
        try withFile(bytes) { path in
            try CSVReader(path: path, encoding: encoding).readAll().map { row in
                (0..<row.count).map { row.text(at: $0) }
            }
        }
    }

    private func bytes(_ text: String, _ encoding: TextEncoding) throws -> [UInt8] {
        let handle = try #require(iconv_open(encoding.iconvName, "UTF-8"))
        defer { iconv_close(handle) }
        var source = Array(text.utf8)
        var target = [UInt8](repeating: 0, count: source.count * 4)
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

    private static let samples: [(TextEncoding, String)] = [
        (.cp949, "이름,도시\n똠방,서울\n"), (.shiftJIS, "名前,都市\n山田ソ,東京\n"), (.gb18030, "姓名,城市\n王伟,北京\n"),
        (.big5, "姓名,城市\n陳大文,臺北\n"), (.koi8r, "Имя,Город\nИван,Москва\n"), (.windows1251, "Имя,Город\nИван,Москва\n"),
        (.windows1250, "Jméno,Město\nDvořák,Brno\n"), (.windows1253, "Όνομα,Πόλη\nΓιώργος,Αθήνα\n"),
    ]

    @Test(arguments: samples) func whatIsNamedIsRead(encoding: TextEncoding, text: String) throws {
        let expected = text.split(separator: "\n").map { $0.split(separator: ",").map { String($0) as String? } }
        #expect(try read(bytes(text, encoding), encoding) == expected)
        // Pieces tear characters of two bytes.
        let long = try bytes(String(repeating: text, count: 8_000), encoding)
        #expect(try read([0x78] + long, encoding).count == 16_000)
    }

    /// One encoding is named for many files: what is plainly of Unicode is read so, and it is known which was named.
    @Test(arguments: TextEncoding.codePages + [.utf16LittleEndian, .utf16BigEndian])
    func whatIsPlainlyOfUnicodeIsReadSo(named: TextEncoding) throws {
        for text in ["Имя,Город\nИван,Москва\n", "이름,도시\n똠방,서울\n", "Name,Ort\nJürgen Groß,Köln\n", "名,x\n前,y\n"] {
            let expected = text.split(separator: "\n").map { $0.split(separator: ",").map { String($0) as String? } }
            let wide = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            for (bytes, encoding) in [(Array(text.utf8), TextEncoding.utf8), (wide, .utf16LittleEndian)]
            where encoding == .utf8 || FileStart.wideText(wide) != nil {
                try withFile(bytes) { path in
                    let reader = try CSVReader(path: path, encoding: named)
                    let rows = try reader.readAll().map { row in (0..<row.count).map { row.text(at: $0) } }
                    #expect(rows == expected && reader.encoding == encoding)
                    #expect(reader.overruledEncoding == (named == encoding ? nil : named))
                }
            }
        }
    }

    /// Words whose bytes are two letters of one encoding, or one of UTF-8, are what is named.
    @Test(arguments: [
        ("SPÓŁKA", TextEncoding.windows1250), ("청천", .cp949), ("ciężą", .windows1250), ("CAFÉ®", .windows1252),
        ("Иван", .windows1251),
    ])
    func whatMayBeEitherIsWhatIsNamed(word: String, named: TextEncoding) throws {
        try withFile(bytes("Name,Ort\nA,\(word)\n", named)) { path in
            let reader = try CSVReader(path: path, encoding: named)
            #expect(try reader.readAll().last?.text(at: 1) == word)
            #expect(reader.encoding == named && reader.overruledEncoding == nil)
        }
    }

    @Test(arguments: samples)
    func whatTheBytesDoNotDecideIsAsked(encoding: TextEncoding, text: String) throws {
        let file = try bytes(text, encoding)
        let error = failure { try read(file) }
        #expect(error?.kind == .encoding)
        let words = text.split { ",\n".contains($0) }
        let isOffered = words.contains { error?.english.contains("\(encoding.rawValue) (\"\($0)\")") == true }
        #expect(isOffered, "\(error?.english ?? "read")")
    }

    /// Letters among quotation marks and guillemets, of which none is ASCII, are the bytes of other characters.
    @Test(arguments: ["東京", "北京", "春日"]) func aShortWordOfAnotherScriptIsAsked(_ word: String) throws {
        let error = failure { try read(bytes("Name,Ort\nH1,\(word)\n", .shiftJIS)) }
        #expect(error?.english.contains("Shift_JIS (\"\(word)\")") == true, "\(error?.english ?? "read")")
    }

    @Test func oneSyllableIsAsked() throws {
        let error = failure { try read(Array("Name,Ort\nMinjun,".utf8) + [0xB1, 0xE8] + Array(",x\n".utf8)) }
        #expect(error?.english.contains("CP949 (\"김\")") == true)
    }

    @Test(arguments: [
        "Jörg Müller,Leiter – Büro €", "Élodie Crèvecœur,à l’été", "Señor Núñez,¿Qué?", "Åse Bjørnøy,Ærø",
        "größe,Fußgänger",
        "naïve café,20 °C", "§ 5,½ m²",
    ])
    func westernTextIsRead(text: String) throws {
        let found = try withFile(bytes("Name,Title\n\(text)\n", .windows1252)) { path in
            let reader = try CSVReader(path: path)
            return (try reader.readAll().count, reader.encoding, reader.isEncodingGuessed)
        }
        #expect(found == (2, .windows1252, true))
    }

    @Test func oneBrokenByteIsNamedByItsLine() {
        let line = Array("Jörg,Müller\n".utf8)
        for start in [[], [0xEF, 0xBB, 0xBF]] as [[UInt8]] {
            let error = failure { try read(start + line + Array("Anna,Süß".utf8) + [0xFF] + Array("\n".utf8) + line) }
            #expect(error?.kind == .encoding)
            #expect(error?.english.contains("line 2") == true && error?.english.contains("UTF-8") == true)
        }
        let marked = failure { try read([0xEF, 0xBB, 0xBF, 0x61, 0x0A, 0x4A, 0xF6, 0x72, 0x67]) }
        #expect(marked?.english.contains("line 2") == true, "a mark says UTF-8")
    }

    @Test func brokenWideText() {
        #expect(
            failure { try read([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00, 0x00, 0xDC]) }?.english.contains("line 2") == true)
        #expect(failure { try read([0xFF, 0xFE, 0x61, 0x00, 0x61]) }?.kind == .encoding)
    }

    @Test func wideTextWithoutItsMark() throws {
        let little: [UInt8] = "Name,Ort\nA,Köln\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try read(little) == [["Name", "Ort"], ["A", "Köln"]])
    }

    @Test(arguments: [
        ("cp949", TextEncoding.cp949), ("EUC-KR", .cp949), ("shift-jis", .shiftJIS), ("GBK", .gb18030),
        ("windows 1251", .windows1251),
        ("CP1252", .windows1252), ("utf8", .utf8),
    ])
    func namesOfEncodings(name: String, encoding: TextEncoding) {
        #expect(TextEncoding(named: name) == encoding)
        #expect(TextEncoding(named: "klingon") == nil)
    }

    @Test(arguments: [
        ("sep=;\r\na;b\n1;2\n", Character(";")), ("SEP=|\na|b\n1|2\n", "|"), ("\u{FEFF}\"sep=,\"\r\na,b\n1,2\n", ","),
        ("sep=\t\na\tb\n1\t2\n", "\t"),
    ])
    func theSeparatorMayBeNamed(text: String, separator: Character) throws {
        let (found, rows) = try withFile(Array(text.utf8)) { path in
            let reader = try CSVReader(path: path)
            return (reader.delimiter, try reader.readAll())
        }
        #expect(found == separator)
        #expect(rows.map(\.number) == [2, 3])
        #expect(rows.map(\.count) == [2, 2])
    }
}
