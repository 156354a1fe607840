import Testing

@testable import Workbook

/// What cells with dates and times show by their number formats. 45351 is Thursday, 29 February 2024.
@Suite struct ShownDateTests {
    @Test(arguments: [
        ("dd.mm.yyyy", "45351", "29.02.2024"), ("mm/yyyy", "45351", "02/2024"), ("d-mmm-yy", "45351", "29-Feb-24"),
        ("mmmm yyyy", "45351", "February 2024"), ("mmmmm", "45351", "F"), ("ddd d", "45351", "Thu 29"),
        ("dddd\\, mmmm\\ dd\\, yyyy", "45351", "Thursday, February 29, 2024"),
        ("[$-409]d\\-mmm\\-yyyy;@", "45351", "29-Feb-2024"), ("[$-en-US]mmm\\ d", "45351", "Feb 29"),
        ("[$-1010409]m/d/yyyy h:mm:ss AM/PM", "45351.75", "2/29/2024 6:00:00 PM"),
        ("yyyy\"년\" m\"월\" d\"일\"", "45351", "2024년 2월 29일"), ("yyyy년 mm월", "45351", "2024년 02월"),
        ("[$-412]yyyy-mm-dd;@", "45351", "2024-02-29"), ("[$-412]mmmm", "45351", "2월"),
        ("[$-412]yyyy\"년\" m\"월\" d\"일\" dddd;@", "45351", "2024년 2월 29일 목요일"),
        ("[$-ko-KR]m/d (aaa)", "45351", "2/29 (목)"), ("[$-411]yyyy\"年\"m\"月\"", "45351", "2024年2月"),
        ("[Red]e-mm", "45351", "2024-02"), ("yyyy-mm-dd", "60", "1900-02-29"), ("ddd", "1", "Sun"),
    ])
    func dates(code: String, number: String, shown: String) {
        #expect(NumberFormat(code)?.show(number: number) == .text(shown))
    }

    @Test(arguments: [
        ("h:mm AM/PM", "0.572916666666667", "1:45 PM"), ("hh:mm a/p", "0.0416666666666667", "01:00 a"),
        ("[$-412]AM/PM h:mm;@", "0.572916666666667", "오후 1:45"), ("h:mm AM/PM", "0", "12:00 AM"),
        ("h:mm", "0.572916666666667", "13:45"), ("h:mm", "0.573263", "13:45"), ("h:mm:ss", "0.573263", "13:45:30"),
        ("mm:ss.0", "0.00012731481", "00:11.0"), ("h:mm:ss.000", "0.5000057870", "12:00:00.500"),
        ("[h]:mm:ss", "1.40650463", "33:45:22"), ("[h]:mm", "0.21", "5:02"), ("[mm]:ss", "0.5", "720:00"),
        ("[ss]", "0.5", "43200"), ("d.m.yy h:mm AM/PM", "45351.7534722222", "29.2.24 6:05 PM"),
        ("m/d h:mm", "45351.5", "2/29 12:00"), ("[<1]h:mm;d.m.yyyy", "45351.5", "29.2.2024"),
        ("[<1]h:mm;d.m.yyyy", "0.5", "12:00"), ("yyyy-mm-dd;-0;\"none\"", "0", "none"),
        ("yyyy-mm-dd", "45351.999999", "2024-02-29"), ("h\"시\" m\"분\"", "0.572916666666667", "13시 45분"),
    ])
    func times(code: String, number: String, shown: String) {
        #expect(NumberFormat(code)?.show(number: number) == .text(shown))
    }

    @Test(arguments: [
        ("[$-407]mmmm", "45351"), ("[$-412]mmm", "45351"), ("[$-411]ggge\"年\"m\"月\"", "45351"), ("aaaa", "45351"),
        ("[$-404]e/m/d", "45351"), ("[$-2060401]yyyy", "45351"), ("[$-ar-SA]yyyy", "45351"), ("[DBNum1]yyyy", "45351"),
        ("bbbb", "45351"), ("yyyy-mm-dd", "-1"), ("yyyy-mm-dd hh:mm", "0.5"), ("[h]:mm", "-0.5"), ("yyyy 00", "45351"),
        ("上午/下午h\"时\"", "0.5"), ("yyyy-mm-dd", "2958466"), ("h:mm*-", "0.5"),
    ])
    func whatIsNotFollowedIsSaid(code: String, number: String) {
        #expect(NumberFormat(code)?.show(number: number) == .unknown(code))
    }

    @Test(arguments: ["[$-F800]dddd, mmmm dd, yyyy", "[$-x-sysdate]dddd, mmmm dd, yyyy", "[$-F400]h:mm:ss AM/PM"])
    func theReadersOwnDatesArePlain(code: String) {
        #expect(NumberFormat(code) == nil)
    }

    @Test func aRowTellsWhatItsDatesShow() throws {
        let styles = """
            <numFmts><numFmt numFmtId="164" formatCode="d\\.m\\.yy"/></numFmts><cellXfs><xf numFmtId="164"/>\
            <xf numFmtId="18"/><xf numFmtId="14"/><xf numFmtId="46"/></cellXfs>
            """
        let data = """
            <row><c s='0'><v>45351</v></c><c s='1'><v>0.75</v></c><c s='2'><v>45351</v></c><c s='3'><v>1.5</v></c>\
            <c s='0' t='d'><v>2024-02-29</v></c><c s='1' t='d'><v>18:05:00</v></c></row>
            """
        for from1904 in [false, true] {
            let properties = from1904 ? "<workbookPr date1904='1'/>" : ""
            let row = try #require(
                try WorkbookBuilder(data: data, styles: styles, properties: properties).rows().first)
            let first = from1904 ? "1.3.28" : "29.2.24"
            #expect(
                (0..<6).map { row.shown(at: $0) }
                    == [.text(first), .text("6:00 PM"), .plain, .text("36:00:00"), .text("29.2.24"), .text("6:05 PM")])
            #expect(row.text(at: 1) == "18:00:00" && row.text(at: 3) == "36:00:00")
        }
    }
}
