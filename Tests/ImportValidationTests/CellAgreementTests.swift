import ImportValidationWire
import Records
import Testing
import Wire

@testable import ImportValidationService

/// What the check of an import calls ready the owner of the table publishes, and the other way round: the same cells
/// are given to both, for every importable field of every target and for every type a field may have.
@Suite struct CellAgreementTests {
    private static let short: [String] = [
        "", " ", "\u{200B}", "\u{FEFF}\u{AD}", "x", " x ", "a\u{200B}b", "a\u{A0}b", "a\nb", "e\u{301}", "한글",
        "\u{0}",
        "true", "TRUE", "False", "yes", "1", "0", "-0", "+7", "7.0", "7.00", "7.", ".5", "7.5", "-7", "007", "--1",
        "1,863.4",
        "12,5", "1e3", "0x1", "٣", "１２", "2147483647", "2147483648", "-2147483648", "-2147483649", "436642555010",
        "9223372036854775808", String(repeating: "9", count: 40), "1863.4", "+0440.50", "12.5000000", "0.0000001",
        "999999999999999999.999999", "1000000000000000000", "999999999999999999.9999990",
        "2024-02-29", " 2024-02-29 ", "2023-02-29", "29.02.2024", "2024-2-9", "0000-01-01", "2024-02-29 10:11:12",
        "2024-02-29 24:00:00", "2024-02-29 10:11", "2024-02-29T10:11:12Z", "2024-02-29  10:11:12",
        "2024-02-30 10:11:12",
        "active", "Active", "활성", "ACTIVE", " aCtive\u{A0}", "act ive", "ac\u{200B}tive", "TWO", "one",
        "\u{1112}\u{116A}\u{11AF}\u{1109}\u{1165}\u{11BC}", "primary", "Billing", "배송", "a@b.example", "a@b", "@",
        "EUR", "ZZZ",
        "eur", "KR", "kor", "Austria", "대한민국", "XX", "Ausstria", "Asia/Seoul", "US/Pacific", "UTC", "Mars/Base",
        "https://example.org", "ftp://example.org", "example.org", "0192f0c1-2b3c-7d4e-8f5a-0123456789ab",
    ]

    private static let cells: [String] = {
        var cells = short
        for part in ["x", "가", "e\u{301}\u{302}", "👩‍👩‍👧"] {
            for count in [1_000, 1_001] { cells.append(String(repeating: part, count: count)) }
        }
        for count in [65_536, 65_537] { cells.append(String(repeating: "x", count: count)) }
        return cells
    }()

    /// The targets, and one with a field of every type.
    private static let targets: [ImportTarget] = ImportTarget.all + [ImportTarget(everything)].compactMap { $0 }

    private static let everything = RecordSchema(
        table: "everything", collection: "everythings", service: "onboarding", label: Text(en: "All", ko: "전체"),
        numberPrefix: nil,
        fields: FieldType.allCases.map { type in
            FieldSchema(
                name: type.rawValue, jsonName: type.rawValue, label: Text(en: "Field", ko: "필드"), type: type,
                choices: type == .choice ? numbers : [], reference: type == .reference ? "contract" : nil,
                storage: .string)
        },
        importing: ImportSchema(order: 99, task: Text(en: "All", ko: "전체"), key: ["string"]))

    /// Labels that read like values of others.
    private static let numbers = [
        Choice(value: .int(1), label: Text(en: "2", ko: "하나")), Choice(value: .int(2), label: Text(en: "Two", ko: "1")),
    ]

    @Test func aFieldOfEveryImportableTypeIsThere() throws {
        let types = Set(Self.targets.flatMap(\.fields).map(\.type))
        #expect(
            types
                == Set(FieldType.allCases.filter { type in Self.everything.field(type.rawValue)?.isImportable == true })
        )
        #expect(types.isSuperset(of: [.datetime, .date, .integer, .decimal, .currency, .boolean, .choice, .reference]))
        #expect(types.isDisjoint(with: [.journal, .attachment, .listOfReferences, .documentID]))
    }

    @Test(arguments: targets.indices) func theCheckAndTheOwnerAgree(index: Int) throws {
        let target = Self.targets[index]
        let plan = CheckPlan(target, [])
        for (position, column) in plan.columns.enumerated() {
            for cell in Self.cells {
                let owner = PublishedCell(cell, for: column.field)
                // What is staged is what is seen.
                let text = PublishedCell.seen(cell, in: column.field)
                let errors = text.isEmpty ? [] : column.checks.compactMap { $0.error(in: text) }
                let stored = plan.stored(text, at: position)
                let isReady = errors.isEmpty && column.refusal(of: text, stored: stored) == nil
                let isTaken = if case .fault = owner { false } else { true }
                #expect(isReady == isTaken, "\(target.table).\(column.field.name): \(cell.debugDescription.prefix(60))")
                guard isReady else { continue }
                let published = PublishedCell(stored, for: column.field)
                #expect(published == owner, "\(target.table).\(column.field.name): \(cell.debugDescription.prefix(60))")
            }
        }
    }

    /// One check of each subtype, as an administrator adds it to a column.
    private static let added: [DataValidationAssist] = {
        let subtypes = ["choice", "date", "datetime", "boolean", "string_limit", "integer_or_decimal"]
        return subtypes.map { subtype in
            var assist = DataValidationAssist()
            (assist.validationType, assist.validationSubType) = ("field", subtype)
            (assist.targetTable, assist.targetTableField) = ("contract", "status")
            (assist.dateFormat, assist.datetimeFormat) = ("dd.MM.yyyy", "dd.MM.yyyy HH:mm")
            assist.maxLength = 40
            return assist
        }
    }()

    /// A check beyond the field's own lets nothing through that the owner does not take, and what it has made of a text is
    /// what the owner reads.
    @Test(arguments: targets.indices) func checksThatAreAddedLetNothingThrough(index: Int) throws {
        let target = Self.targets[index]
        var taken = 0
        for added in Self.added {
            for (position, field) in target.fields.enumerated() {
                var assist = added
                assist.stagingTableField = "u_" + field.name
                let plan = CheckPlan(target, [assist])
                let column = plan.columns[position]
                for cell in Self.cells {
                    let text = PublishedCell.seen(cell, in: field)
                    guard !text.isEmpty, column.checks.allSatisfy({ $0.error(in: text) == nil }) else { continue }
                    let stored = plan.stored(text, at: position)
                    guard column.refusal(of: text, stored: stored) == nil else { continue }
                    taken += 1
                    if case .fault(let text) = PublishedCell(stored, for: field) {
                        Issue.record("\(target.table).\(field.name) \(cell.debugDescription.prefix(60)): \(text.en)")
                    }
                }
            }
        }
        #expect(taken > 100)
    }

    /// A cell of a date and a time becomes an instant.
    @Test func datesWithATime() throws {
        let field = try #require(Self.everything.field("datetime"))
        #expect(
            PublishedCell(" 2024-02-29 10:11:12 ", for: field)
                == .value(.timestamp(try #require(Timestamp(rfc3339: "2024-02-29T10:11:12Z")))))
        let days = try #require(Self.everything.field("date"))
        guard case .fault = PublishedCell("2024-02-29 10:11:12", for: days) else {
            Issue.record("a day has no time")
            return
        }
    }
}
