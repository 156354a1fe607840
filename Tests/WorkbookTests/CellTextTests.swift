import Testing
import Wire

@testable import Workbook

@Suite struct CellTextTests {
    @Test(arguments: [
        ("2024-02-29", "yyyy-MM-dd", "2024-02-29"), ("29/02/2024", "dd/MM/yyyy", "2024-02-29"),
        ("2/9/2024", "M/d/yyyy", "2024-02-09"), ("12/31/2024", "M/d/yyyy", "2024-12-31"),
        ("20240229", "yyyyMMdd", "2024-02-29"), ("29.02.69", "dd.MM.yy", "2069-02-28x"),
        ("01.02.70", "dd.MM.yy", "1970-02-01"),
        ("2024년 2월 9일", "yyyy년 M월 d일", "2024-02-09"),
        ("2024-02-29 13:45:10", "yyyy-MM-dd HH:mm:ss", "2024-02-29 13:45:10"),
        ("2024-02-29T13:45", "yyyy-MM-dd'T'HH:mm", "2024-02-29 13:45:00"),
        ("2024-02-29 1:05 PM", "yyyy-MM-dd h:mm a", "2024-02-29 13:05:00"),
        ("2024-02-29 오전 12:05", "yyyy-MM-dd a hh:mm", "2024-02-29 00:05:00"),
    ])
    func datesInTheirFormat(text: String, format: String, expected: String) {
        #expect(CellText.date(text, format: format) == (expected.hasSuffix("x") ? nil : expected))
    }

    @Test(arguments: [
        ("2023-02-29", "yyyy-MM-dd"), ("1900-02-29", "yyyy-MM-dd"), ("2024-13-01", "yyyy-MM-dd"),
        ("2024-1-1", "yyyy-MM-dd"),
        ("2024-01-01 ", "yyyy-MM-dd"), ("2024-01-01x", "yyyy-MM-dd"), ("", "yyyy-MM-dd"), ("24-01-01", "yyyy-MM-dd"),
        ("2024-01-01 24:00:00", "yyyy-MM-dd HH:mm:ss"), ("2024-01-01 13:00 PM", "yyyy-MM-dd hh:mm a"),
        ("٢٠٢٤-01-01", "yyyy-MM-dd"),
        ("2024-01-01", "yyyy-QQ-dd"), ("2024-01", "yyyy-MM"), ("2024-01-01", ""), ("0000-01-01", "yyyy-MM-dd"),
    ])
    func whatIsNoDate(text: String, format: String) {
        #expect(CellText.date(text, format: format) == nil)
    }

    @Test(arguments: [
        ("2024-02-09", "dd/MM/yyyy", "09/02/2024"), ("2024-02-09 13:05:07", "M/d/yy h:mm a", "2/9/24 1:05 PM"),
        ("2024-02-09 00:05:07", "yyyy년 M월 d일 hh:mm:ss a", "2024년 2월 9일 12:05:07 AM"),
        ("2024-02-09", "yyyy-MM-dd HH:mm:ss", "2024-02-09 00:00:00"),
        ("2024-02-09 13:05:07", "yyyy-MM-dd", "2024-02-09"),
    ])
    func nativeDatesIntoAFormat(date: String, format: String, expected: String) {
        #expect(CellText.format(date, as: format) == expected)
    }

    @Test func nativeDatesThatAreNone() {
        #expect(CellText.format("1900-02-29", as: "yyyy-MM-dd") == nil)
        #expect(CellText.format("2024-02-09", as: "quarter") == nil)
    }

    @Test func truthValues() {
        #expect(["true", "TRUE", "True"].allSatisfy { CellText.bool($0) == true })
        #expect(CellText.bool("fAlSe") == false)
        #expect(CellText.bool("예") == true && CellText.bool("아니요") == false)
        #expect(["", "1", "yes", " true", "참"].allSatisfy { CellText.bool($0) == nil })
    }

    @Test func wholeNumbers() {
        #expect(CellText.integer("12") == 12 && CellText.integer("-3") == -3 && CellText.integer("+007") == 7)
        #expect(CellText.integer("9223372036854775807") == .max)
        for text in ["", "-", "1.0", "1,000", " 1", "1e3", "--1", "٣", "9223372036854775808"] {
            #expect(CellText.integer(text) == nil, "\(text)")
        }
    }

    @Test func decimalNumbers() {
        let accepted = [
            ("12", "12"), ("1.50", "1.50"), ("+007.5", "7.5"), ("-0.0", "0.0"), ("-0.10", "-0.10"), ("0", "0"),
            ("00", "0"),
        ]
        for (text, expected) in accepted { #expect(CellText.decimal(text) == expected) }
        for text in [
            "", ".", "1.", ".5", "1,5", "1.2.3", "1e3", "NaN", "0x1", " 1", "1 000", String(repeating: "1", count: 39),
        ] {
            #expect(CellText.decimal(text) == nil, "\(text)")
        }
    }
}
