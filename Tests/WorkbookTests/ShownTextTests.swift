import Testing

@testable import Workbook

/// What cells show by their number formats.
@Suite struct ShownTextTests {
    @Test(
        arguments: [
            ("00000", "1067", "01067"), ("00000\\-0000", "21101234", "02110-1234"), ("\"LT-\"0000", "42", "LT-0042"),
            ("\"+\"0", "436642555010", "+436642555010"), ("0%", "0.15", "15%"), ("0.0%", "0.155", "15.5%"),
            ("\"SLA \"0.00\" %\"", "99.9", "SLA 99.90 %"), ("#,##0.00", "1234567.891", "1,234,567.89"),
            ("#,##0", "12", "12"), ("[$€-407] #,##0.00", "1234.5", "€ 1,234.50"),
            ("#,##0.00\\ \"€\"", "-1234.5", "-1,234.50 €"),
            ("0;(0)", "-12", "(12)"), ("0;-0;\"none\"", "0", "none"), ("0.00;[Red]-0.00", "-1.005", "-1.01"),
            ("#.##", "12.5", "12.5"), ("#.##", "12", "12."), ("0.0##", "1.25", "1.25"), ("0,", "12345", "12"),
            ("0.00E+00", "12345", "1.23E+04"), ("##0.0E+0", "12345", "12.3E+3"),
            ("[<100]0;[>=100]\"many\"", "150", "many"),
            ("[<100]0;[>=100]\"many\"", "50", "50"), ("_-* #,##0_-", "1234", "1,234"),
            ("000\\-00\\-0000", "123456789", "123-45-6789"),
            ("\"EH-\"General", "12.5", "EH-12.5"), ("0", "0.4", "0"), ("0", "-0.4", "0"), (".00", "0.5", ".50"),
            ("0#", "7", "07"),
            ("#,##0\"원\"", "15000", "15,000원"), ("(000) 000", "12345", "(012) 345"),
        ])
    func numbers(code: String, number: String, shown: String) throws {
        #expect(NumberFormat(code)?.show(number: number) == .text(shown))
    }

    @Test(arguments: [
        "# ?/?", "[DBNum1]0", "[$-F800]0", ";;;", "0\"x\"B", "[$-]0", "[$-2000401]0", "**0", "[Purple]0",
    ])
    func whatIsNotFollowedIsSaid(code: String) {
        #expect(NumberFormat(code)?.show(number: "2") == .unknown(code))
    }

    /// Excel takes 255 characters, however many bytes they have.
    @Test func longFormats() {
        let long = "0\"" + String(repeating: "원", count: 252) + "\""
        #expect(NumberFormat(long)?.show(number: "2") == .text("2" + String(repeating: "원", count: 252)))
        guard case .unknown = NumberFormat(long + "원")?.show(number: "2") else { return #expect(Bool(false)) }
    }

    @Test(arguments: ["General", "@", ""]) func plainFormats(code: String) {
        #expect(NumberFormat(code) == nil)
    }

    @Test func textsHaveASectionOfTheirOwn() {
        #expect(NumberFormat("0;-0;0;\"EH-\"@")?.show(text: "x") == .text("EH-x"))
        #expect(NumberFormat("\"EH-\"@")?.show(text: "x") == .text("EH-x"))
        #expect(NumberFormat("0.00")?.show(text: "x") == .plain)
        #expect(NumberFormat("0;0;0;\"none\"")?.show(text: "x") == .text("none"), "the fourth section is for texts")
        #expect(NumberFormat(";;;")?.show(text: "x") == .unknown(";;;"), "nobody sees it")
    }

    @Test func aRowTellsWhatItsCellsShow() throws {
        let styles = """
            <numFmts><numFmt numFmtId="164" formatCode="00000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/>\
            <xf numFmtId="9"/></cellXfs>
            """
        let row = try WorkbookBuilder(
            data:
                "<row><c s='1'><v>1067</v></c><c s='0'><v>1067</v></c><c s='2'><v>0.15</v></c><c s='7'><v>1</v></c></row>",
            styles: styles
        ).rows().first
        #expect((0..<4).map { row?.shown(at: $0) } == [.text("01067"), .plain, .text("15%"), .plain])
        #expect(row?.text(at: 0) == "1067", "a column of numbers gets the number")
    }
}
