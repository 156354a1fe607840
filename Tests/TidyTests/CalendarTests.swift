import Testing

/// The system knows one day, the UTC calendar day: nothing asks which time zone a machine or a database stands in.
@Suite struct CalendarTests {
    /// What would ask, in Swift.
    private static let swift: Set<String> = [
        "TimeZone", "Calendar", "DateFormatter", "DateComponents", "localtime", "localtime_r", "mktime", "tzset",
        "LocalTime",
    ]
    /// What would ask in SQL; a session's zone is set to UTC, and dates are given by the clock of the service.
    private static let sql: Set<String> = [
        "current_date", "current_time", "localtime", "localtimestamp", "date_trunc", "current_timestamp",
    ]
    /// The expression language of flows names what it forbids; and a page shows the time of day where its reader lives.
    private static let allowed: Set<String> = [
        "Shared/Flows/JQScanner.swift", "Services/Workspace/Drawing/Reader.swift",
    ]

    private static func words(_ line: some StringProtocol) -> Set<String> {
        Set(String(line).split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
    }

    static func findings(_ path: String, code: [String], text: [Substring]) -> [Finding] {
        var findings: [Finding] = []
        for (number, line) in code.enumerated() {
            for word in words(line).intersection(swift).sorted() {
                findings.append(Finding(path, line: number + 1, "\(word) depends on a time zone"))
            }
        }
        for (number, line) in text.enumerated() where !line.drop(while: { $0 == " " }).hasPrefix("//") {
            for word in words(line.lowercased()).intersection(sql).sorted() {
                findings.append(Finding(path, line: number + 1, "\(word) is not the day of the service's clock"))
            }
        }
        return findings
    }

    @Test func nothingAsksForATimeZone() {
        let parts = ["Services/", "Shared/"]
        let findings = Repository.files.filter { file in
            parts.contains { file.path.hasPrefix($0) } && !file.isGenerated && !Self.allowed.contains(file.path)
        }.flatMap { file -> [Finding] in
            switch file.path.split(separator: ".").last {
            case "swift": Self.findings(file.path, code: Repository.code(of: file), text: file.lines)
            case "sql": Self.findings(file.path, code: [], text: file.lines)
            default: []
            }
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        let code = ["let zone = TimeZone.current", "let calendar = 1"]
        let found = Self.findings("x.swift", code: code, text: ["SELECT current_date", "// current_date"])
        #expect(found.map(\.line) == [1, 1])
        #expect(found.count == 2)
    }
}
