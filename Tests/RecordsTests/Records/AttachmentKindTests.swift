import RPC
import Testing
import Wire

@testable import Records

/// The type of an attached file is what its content says (G-121).
@Suite struct AttachmentKindTests {
    private static func kind(_ start: [UInt8], end: [UInt8]? = nil) -> AttachmentKind {
        AttachmentKind(start: start, end: end ?? start)
    }

    @Test(arguments: [
        ("%PDF-1.7 x", AttachmentKind.pdf), ("GIF89a..", .gif), ("RIFF1234WEBPVP8 ", .webp), ("RIFF1234WAVE", .text),
        ("Name,City\nLumen,Seoul\n", .text), ("이름,도시", .text), ("a < b", .text),
        ("<!DOCTYPE html><p>", .html), ("\u{FEFF}  <HTML>", .html), ("a note <script>alert(1)</script>", .html),
        ("<p onclick=x>", .html), ("<svg xmlns='x'/>", .svg), ("<?xml version='1.0'?><SVG/>", .svg),
        ("<?xml version='1.0'?><a/>", .xml), ("MZ\u{0}\u{1}\u{2}", .binary),
    ])
    func isToldByTheContent(_ text: String, _ kind: AttachmentKind) {
        #expect(Self.kind(Array(text.utf8)) == kind)
    }

    @Test func isToldByMarksAndDirectories() {
        #expect(Self.kind([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]) == .png)
        #expect(Self.kind([0xFF, 0xD8, 0xFF, 0xE0]) == .jpeg)
        let zip: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
        for (name, kind) in [
            ("xl/workbook.xml", AttachmentKind.xlsx), ("word/document.xml", .docx), ("ppt/presentation.xml", .pptx),
            ("notes.txt", .zip),
        ] {
            #expect(Self.kind(zip, end: [0, 255] + Array(name.utf8) + [0]) == kind)
        }
        // Markup in wide characters is markup.
        let wide = "<svg onload=x>".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(Self.kind([0xFF, 0xFE] + wide) == .svg)
    }

    /// What a browser would run is never served as such, whatever the kinds there are.
    @Test func nothingThatRunsIsShown() {
        for kind in [AttachmentKind.html, .svg, .xml, .binary] {
            #expect(kind.contentType == "application/octet-stream" && !kind.isShown)
        }
        #expect(!AttachmentBounds.standard.kinds.contains(.binary))
        let shown = Set(AttachmentKind.allCases.filter(\.isShown))
        #expect(shown == [.pdf, .png, .jpeg, .gif, .webp])
    }

    @Test(arguments: [
        "", "  ", "a/b", "a\\b", "a\u{0}", "a\nb", "a\u{202E}fdp.exe", String(repeating: "x", count: 256),
    ])
    func misleadingNamesAreRefused(_ name: String) {
        #expect(throws: Problem.self) { try SentFile.check(name: name) }
    }

    @Test(arguments: [
        ("a/b", "'/' (U+002F)"), ("a\\b", "'\\' (U+005C)"), ("a\nb.pdf", "U+000A"), ("a\u{202E}fdp.exe", "U+202E"),
        ("\u{2066}a/", "U+2066"), ("a\u{0}", "U+0000"), ("a\u{2028}b", "U+2028"),
    ])
    func theCharacterIsNamed(_ name: String, _ character: String) throws {
        let problem = try #require(throws: Problem.self) { try SentFile.check(name: name) }
        #expect(problem.text.en.contains(" \(character).") && problem.text.ko.contains(" \(character) "))
    }

    @Test func ordinaryNamesAreTaken() throws {
        for name in ["Report (final).pdf", "보고서 1.xlsx", "a\u{301}.txt"] { try SentFile.check(name: name) }
    }
}
