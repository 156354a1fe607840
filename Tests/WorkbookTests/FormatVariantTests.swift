import Testing

@testable import Workbook

/// Number formats as people and programs write them: what each shows, or that it is not followed.
@Suite struct FormatVariantTests {
    @Test(arguments: [
        // Currencies, with and without a locale; 1, 2 and x-euro are no locales.
        ("[$₩-412]#,##0", "1234567", "₩1,234,567"), ("[$￦-412]#,##0.00", "-5", "-￦5.00"),
        ("#,##0\\ [$€-1]", "1234", "1,234 €"), ("[$€-2]\\ #,##0.00", "0.5", "€ 0.50"),
        ("[$€-x-euro2]\\ #,##0", "9", "€ 9"), ("#,##0.00\\ [$€-x-euro1]", "9", "9.00 €"),
        ("[$USD]\\ #,##0", "12", "USD 12"),
        ("[$R$-416]\\ #,##0.00", "1234.5", "R$ 1,234.50"), ("[$-es-419]#,##0", "1234", "1,234"), ("$#,##0", "5", "$5"),
        ("\"€\"#,##0", "5", "€5"), ("$ #,##0.00", "5", "$ 5.00"), ("[$kr-414] #,##0", "12", "kr 12"),
        // A comma that is quoted or behind a backslash is a character, not a group.
        ("##\\,##\\,##0", "1234567", "12,34,567"), ("0\",\"0", "12", "1,2"), ("0\\.0", "12", "1.2"),
        ("[>=10000000]##\\,##\\,##\\,##0;[>=100000]##\\,##\\,##0;##,##0", "12345678", "1,23,45,678"),
        ("[>=10000000]##\\,##\\,##\\,##0;[>=100000]##\\,##\\,##0;##,##0", "123456", "1,23,456"),
        ("[>=10000000]##\\,##\\,##\\,##0;[>=100000]##\\,##\\,##0;##,##0", "1234", "1,234"),
        ("0,0", "1234", "1,234"), ("0,000", "5", "0,005"), ("#,##0,", "1234567", "1,235"),
        ("0.00,,", "1234567", "1.23"),
        // Powers of ten, also where rounding makes one digit more.
        ("0.00E+00", "9996", "1.00E+04"), ("##0.0E+0", "999960", "1.0E+6"), ("0.00E+00", "0", "0.00E+00"),
        ("0.0E-0", "12345", "1.2E4"), ("0.0E-0", "0.00012", "1.2E-4"), ("0E+0", "0.95", "1E+0"),
        ("0.00E+00", "-0.000123", "-1.23E-04"),
        // General by its other names.
        ("G/표준\"개\"", "12", "12개"), ("\"No. \"G/標準", "7", "No. 7"), ("General\" kg\"", "-2.5", "-2.5 kg"),
        ("General_)", "3", "3"), ("G/通用格式\"元\"", "1", "1元"), ("[Red]-General;0", "4", "-4"),
        // Accounting.
        ("_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)", "0", "-"),
        ("_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)", "-1234.5", "(1,234.50)"),
        ("_-* #,##0\\ _€_-;-* #,##0\\ _€_-", "-12", "-12"), ("0_);(0)", "-5", "(5)"),
        // Signs and conditions.
        ("#,##0.00;[Red]\"△\"#,##0.00", "-3", "△3.00"), ("▲#,##0;▼#,##0", "-8", "▼8"), ("+0;-0;0", "7", "+7"),
        ("+0%;-0%", "-0.5", "-50%"), ("0%%", "0.5", "5000%%"), ("0.0%", "0.0005", "0.1%"),
        ("[>=1000000]0.0,,\"M\";[>=1000]0.0,\"K\";0", "1234567", "1.2M"),
        ("[>=1000000]0.0,,\"M\";[>=1000]0.0,\"K\";0", "1500", "1.5K"),
        ("[>=1000000]0.0,,\"M\";[>=1000]0.0,\"K\";0", "-5", "-5"), ("[>=0]0.0;0.00", "-5", "5.00"),
        ("[<0]\"neg \"0;0", "-5", "neg 5"), ("[=1]\"Yes\";[=0]\"No\";0", "1", "Yes"),
        ("[=1]\"Yes\";[=0]\"No\";0", "0", "No"),
        ("[=1]\"Yes\";[=0]\"No\";0", "2", "2"), ("[<>0]0;\"zero\"", "0", "zero"), ("[Blue][<10]0.0;0", "5", "5.0"),
        // Numbers that are none: codes, telephones, dates as digits.
        ("0000\\-00\\-00", "20240229", "2024-02-29"), ("0#\" \"##\" \"##\" \"##\" \"##", "123456789", "01 23 45 67 89"),
        ("(###) ###\\-####", "5551234567", "(555) 123-4567"),
        ("\\+00\\ 0\\ 000\\ 0000", "8225551234", "+82 2 555 1234"),
        ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "5551234", "555-1234"),
        ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "5551234567", "(555) 123-4567"),
        ("000\\-0000\\-0000", "1012345678", "010-1234-5678"), ("00000\\-0000;@", "21101234", "02110-1234"),
        ("0\"/\"0", "12", "1/2"), ("0000000000000", "4006381333931", "4006381333931"), ("0\" °C\"", "21", "21 °C"),
        // Rounding and places.
        ("0", "0.5", "1"), ("0", "2.5", "3"), ("0.00", "1.005", "1.01"), ("0.##", "3", "3."),
        ("#,##0.##", "1234.5", "1,234.5"),
        ("?.??", "1.5", "1.5"), ("??0.0", "2.25", "2.3"), ("0\\%", "12", "12%"), ("0.0\"%\"", "12.5", "12.5%"),
        ("[Color10]0", "5", "5"), ("[Color 3]0", "5", "5"), ("\"\"0", "5", "5"), ("0;;", "5", "5"),
        ("0", "150000000000000000000", "150000000000000000000"),
    ])
    func numbers(code: String, number: String, shown: String) {
        #expect(NumberFormat(code)?.show(number: number) == .text(shown))
    }

    @Test(arguments: [
        "[DBNum1]General", "[DBNum2][$-804]General", "[DBNum4][$-412]General", "# ?/?", "# ??/16", "0 0/0", "?/8",
        "0!.0,\"만\"", "[DBNum4]0", "[$-30000]0", "[$-ja-JP-x-gannen]0", "0E0",
        "0 EUR",
        "0*x", "[h]0", "Fixed", "[$-ar-EG]0", "[$-1]0", "[ENG]0", "[>x]0", "0 kg", ";;", "\"\"", ";-0", "\"a\"@",
    ])
    func whatIsNotFollowedOrSeenIsSaid(code: String) {
        #expect(NumberFormat(code)?.show(number: "2") == .unknown(code))
    }

    /// A zero that no place shows is not nothing.
    @Test(arguments: ["#", "#,###", "#;-#", "0;-0;", "#,##0;-#,##0;;@", "[Red]#"])
    func aZeroThatNobodySeesIsSaid(code: String) {
        #expect(NumberFormat(code)?.show(number: "0") == .unknown(code))
    }

    @Test(arguments: [
        "General", "GENERAL", "Standard", "G/표준", "G/標準", "G/通用格式", "@", "", "[Black]General", "@_)", "[$-412]@",
    ])
    func plainFormats(code: String) {
        #expect(NumberFormat(code)?.show(number: "2") ?? .plain == .plain)
        #expect(DateStyle(formatCode: code) == .none)
    }

    @Test(arguments: [
        ("yyyy/mm/dd;@", "45351", "2024/02/29"), ("yyyy\".\"mm\".\"dd", "45351", "2024.02.29"),
        ("yy-m-d", "45351", "24-2-29"),
        ("yyyymmdd", "45351", "20240229"), ("mmm\\ yy", "45351", "Feb 24"),
        ("[$-809]dd mmmm yyyy;@", "45351", "29 February 2024"),
        ("[$-412]yyyy\"년\" m\"월\" d\"일\";@", "45351", "2024년 2월 29일"),
        ("[$-412]m\"월\" d\"일\"(aaa)", "45351", "2월 29일(목)"),
        ("[$-ko-KR]yyyy\"년\" mm\"월\" dd\"일\" aaaa;@", "45351", "2024년 02월 29일 목요일"),
        ("yyyy\"年\"m\"月\"d\"日\";@", "45351", "2024年2月29日"), ("[$-804]yyyy/m/d", "45351", "2024/2/29"),
        ("m/d/yy h:mm", "45351.5", "2/29/24 12:00"), ("dd/mm/yyyy hh:mm:ss", "45351.999988426", "29/02/2024 23:59:59"),
        ("hh:mm:ss", "0.999999", "00:00:00"), ("h:mm", "0.999999", "23:59"), ("[h]:mm", "2.5", "60:00"),
        ("[hh]:mm:ss", "0.04", "00:57:36"), ("[m]", "0.5", "720"), ("[s].00", "0.0001", "8.64"),
        ("h AM/PM", "0.5", "12 PM"),
        ("h:mm:ss am/pm", "0.25", "6:00:00 AM"), ("mm:ss", "0.0105", "15:07"),
        ("hh\"시\"mm\"분\"ss\"초\"", "0.5", "12시00분00초"),
        ("m\"월\" d\"일\" h\"시\"", "45351.25", "2월 29일 6시"), ("yyyy-mm-dd", "1", "1900-01-01"),
        ("yyyy-mm-dd", "59", "1900-02-28"), ("yyyy-mm-dd", "61", "1900-03-01"), ("dddd", "60", "Wednesday"),
        ("[Blue]d/m/yyyy", "45351", "29/2/2024"), ("yyyy-mm-dd\\Thh:mm", "45351.25", "2024-02-29T06:00"),
    ])
    func dates(code: String, number: String, shown: String) {
        #expect(NumberFormat(code)?.show(number: number) == .text(shown))
    }

    /// What the numbers of formats mean that editions of East Asia know without stating them.
    @Test(arguments: [
        (27, "45351", Cell.date("2024-02-29")), (31, "45351", .date("2024-02-29")), (34, "45351", .date("2024-02-29")),
        (35, "45351", .date("2024-02-29")), (55, "45351", .date("2024-02-29")), (56, "45351", .date("2024-02-29")),
        (34, "0.5", .time("12:00:00")), (32, "0.75", .time("18:00:00")),
        (33, "45351.5", .dateTime("2024-02-29 12:00:00")),
        (58, "45351", .date("2024-02-29")), (22, "45351.5", .dateTime("2024-02-29 12:00:00")),
        (59, "45351", .number(45_351)),
        (41, "12.5", .number(12.5)), (49, "12.5", .number(12.5)), (163, "3", .number(3)),
    ])
    func formatsByTheirNumber(id: Int, value: String, expected: Cell) throws {
        let styles = "<cellXfs><xf numFmtId='0'/><xf numFmtId='\(id)'/></cellXfs>"
        let row = try WorkbookBuilder(data: "<row><c s='1'><v>\(value)</v></c></row>", styles: styles).rows().first
        #expect(row?[0] == expected)
    }

    @Test func formatsOfAccounts() {
        #expect(NumberFormat(builtIn: 41)?.show(number: "1234.5") == .text("1,235"))
        #expect(NumberFormat(builtIn: 43)?.show(number: "1234.5") == .text("1,234.50"))
        #expect(NumberFormat(builtIn: 41)?.show(number: "0") == .text("-"))
        guard case .unknown = NumberFormat(builtIn: 43)?.show(number: "-1") else { return #expect(Bool(false)) }
        guard case .unknown = NumberFormat(builtIn: 44)?.show(number: "1") else { return #expect(Bool(false)) }
    }

    @Test(arguments: [
        ("[$-40C]d mmmm yyyy", "45351"), ("[$-411]aaa", "45351"), ("[$-411]ggge\"年\"", "45351"), ("b2yyyy", "45351"),
        ("[$-D07041E]d/m/yyyy", "45351"), ("[$-107041E]d/m/yyyy", "45351"), ("hh:mm 0", "0.5"), ("오전/오후 h:mm", "0.5"),
        ("d", "0.5"), ("yyyy-mm-dd", "2958466"), ("h:mm", "-0.25"), ("[mm]:ss", "-1"), ("[$-429]yyyy", "45351"),
    ])
    func datesThatAreNotFollowedAreSaid(code: String, number: String) {
        #expect(NumberFormat(code)?.show(number: number) == .unknown(code))
    }

    @Test(arguments: [
        ("@_)", "x", "x"), ("\"(\"@\")\"", "x", "(x)"), ("0;0;0;\"«\"@\"»\"", "x", "«x»"), ("_(@_)", "x", "x"),
        ("@\" GmbH\"", "x", "x GmbH"),
    ])
    func textsByTheirSection(code: String, text: String, shown: String) {
        guard case .text(let found) = NumberFormat(code)?.show(text: text) else {
            return #expect(Bool(false), "\(code)")
        }
        #expect(found.trimmingPrefix(" ").hasPrefix(shown) && found.filter { $0 != " " } == shown.filter { $0 != " " })
    }
}
