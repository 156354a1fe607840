import Testing

@testable import Wire

/// Texts that look alike.
@Suite struct AlikeTextTests {
    @Test(arguments: [
        ("Halle 1", "halle\u{A0}1\u{FEFF}"), ("LT-3501", "lt-\u{200B}3501"), ("Büro Köln", "Bu\u{308}ro  Ko\u{308}ln"),
        ("서울 사무소", "서울\u{3000}사무소"), ("ΟΔΟΣ", "οδος"), ("İNFO@x.example", "i\u{307}nfo@x.example"), ("a\r\nb", " A B "),
        ("mara", "\u{202A}mara\u{202C}"), ("soft", "so\u{AD}ft"), ("LT-3501", "lt\u{7}-3501\u{1F}"),
        ("ab", "A\u{7F}\u{1}B"),
    ])
    func alike(one: String, other: String) {
        #expect(Array(one.alike.unicodeScalars) == Array(other.alike.unicodeScalars))
    }

    @Test(arguments: [("a", "b"), ("ab", "a b"), ("é", "e"), ("", "x")]) func different(one: String, other: String) {
        #expect(one.alike != other.alike)
    }

    @Test(arguments: [
        ("Halle\u{A0}1\u{FEFF}", "Halle 1"), (" a  b ", "a  b"), ("\u{200B}", ""), ("Bu\u{308}ro", "Büro"),
        ("x\u{200D}y", "xy"),
        ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("👩\u{200D}💻", "👩\u{200D}💻"), ("❤\u{FE0F}", "❤\u{FE0F}"),
        ("plain", "plain"),
    ])
    func visible(text: String, seen: String) {
        #expect(Array(text.visible().unicodeScalars) == Array(seen.unicodeScalars))
    }

    @Test func severalLinesStay() {
        #expect("a\nb\u{200B}\u{A0}c".visible(oneLine: false) == "a\nb\u{A0}c")
        #expect("a\r\nb".visible() == "a b")
    }
}
