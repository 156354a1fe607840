import ImportValidationWire
import Sandbox
import Synchronization
import Testing
import Wire

@testable import ImportValidationService

/// What the checks of a whole row say together.
@Suite struct RowCheckerTests {
    private static let task: [String: ScriptValue] = [
        "task": .record(["id": .text("t"), "company": .record(["id": .text("a"), "name": .text("Ernst Handel")])])
    ]

    /// A checker over a plan with the sample script, and how often others were asked.
    private final class Asked: Sendable {
        let references = Mutex<[[String]]>([])
        let scriptRows = Mutex(0)
    }

    private static func script(_ source: String) -> DataValidationAssist {
        var assist = DataValidationAssist()
        assist.validationType = "record"
        assist.script = source
        return assist
    }

    /// Accounts and contracts that exist: "Ernst Handel" once, "Twice" two times.
    private static func checker(
        _ table: String, _ assists: [DataValidationAssist], language: String = "en", _ asked: Asked
    ) throws -> RowChecker {
        let worker = ScriptWorker(executable: try #require(ScriptWorker.executableBesideThisOne()))
        return RowChecker(
            CheckPlan(try #require(ImportTarget.named(table)), assists), records: task, language: language,
            resolve: { _, texts in
                asked.references.withLock { $0.append(texts) }
                return Dictionary(
                    uniqueKeysWithValues: texts.map {
                        ($0, RowChecker.Match(count: $0 == "Ernst Handel" ? 1 : $0 == "Twice" ? 2 : 0))
                    })
            },
            run: { source, batch in
                asked.scriptRows.withLock { $0 += batch.rows.count }
                return try await worker.evaluate(source, batch)
            })
    }

    private static func row(_ table: String, _ values: [String: String]) throws -> [String] {
        let target = try #require(ImportTarget.named(table))
        return target.fields.map { values[$0.name] ?? "" }
    }

    private static func contract(_ account: String, end: String = "2026-12-31") throws -> [String] {
        try row("contract", ["account": account, "number": "1", "end_date": end])
    }

    @Test func theSampleAloneIsTheCommentOfAStrangersRow() async throws {
        let asked = Asked()
        let checker = try Self.checker("contract", [Self.script(AccountCheck.script)], asked)
        let verdicts = try await checker.check([
            try Self.contract("Ernst Handel"), try Self.contract("Hanari Carnes"), try Self.contract("Ernst Handel "),
        ])
        #expect(verdicts.map(\.comment) == ["", AccountCheck.message, AccountCheck.message])
        #expect(verdicts.map(\.status) == ["ready_to_publish", "needs_attention", "needs_attention"])
    }

    /// A period does not end before it has begun, in every target that has one.
    @Test(arguments: ["contract", "sold_product", "service_entitlement"])
    func periodsAreInOrder(_ table: String) async throws {
        let asked = Asked()
        let checker = try Self.checker(table, [], asked)
        func row(_ start: String, _ end: String) throws -> [String] {
            try Self.row(
                table,
                [
                    "account": "Ernst Handel", "name": "1", "number": "1", "start_date": start, "end_date": end,
                ])
        }
        let verdicts = try await checker.check([
            try row("2026-01-01", "2026-12-31"), try row("2027-01-01", "2026-12-31"),
            try row("2026-06-01", "2026-06-01"),
            try row("", "2026-12-31"), try row("9999-12-31", "0001-01-01"), try row("soon", "2026-12-31"),
        ])
        #expect(verdicts.map { $0.errors.map(\.check) } == [[], [.order], [], [], [.order], [.date]])
        #expect(verdicts[1].comment == "End date must not be before Start date.")
        #expect(verdicts[1].errors.map(\.field) == ["end_date"])
    }

    /// The days count, not how a check wants them written.
    @Test func periodsInAnotherFormatAreInOrder() async throws {
        var assist = DataValidationAssist()
        assist.validationType = "field"
        assist.validationSubType = "date"
        assist.stagingTableField = "end_date"
        assist.dateFormat = "dd.MM.yyyy"
        let checker = try Self.checker("contract", [assist], Asked())
        let rows = try [("2026-06-01", "02.06.2026"), ("2026-06-03", "02.06.2026"), ("2026-06-02", "31.05.2027")].map {
            try Self.row(
                "contract", ["account": "Ernst Handel", "number": "1", "start_date": $0.0, "end_date": $0.1])
        }
        let verdicts = try await checker.check(rows)
        #expect(verdicts.map { $0.errors.map(\.check) } == [[], [.order], []])
    }

    @Test func reasonsComeInOrder() async throws {
        let asked = Asked()
        let checker = try Self.checker("contract", [Self.script(AccountCheck.script)], asked)
        let verdicts = try await checker.check([
            try Self.row("contract", ["account": "Hanari Carnes", "end_date": "soon", "contract_value": "much"])
        ])
        #expect(
            verdicts[0].comment.split(separator: "\n") == [
                "The Account is not matching with the Case Account.",
                "End date must be a date in the format yyyy-MM-dd.",
                "Contract value must be a number such as 1863.4.", "Number is mandatory.",
            ])
        // A script that reads one cell alone speaks of that cell; one that reads more, or whatever it likes, of the row.
        #expect(verdicts[0].errors.first?.field == "account")
        let other = AccountCheck.script.replacing("if (stagingTableGr.task &&", with: "if (stagingTableGr.u_number &&")
        for script in [
            other, AccountCheck.script.replacing("var result", with: "var row = stagingTableGr; var result"),
        ] {
            let checker = try Self.checker("contract", [Self.script(script)], Asked())
            let row = try Self.row("contract", ["account": "Hanari Carnes", "number": "1"])
            let error = try #require(try await checker.check([row])[0].errors.first { $0.check == .record })
            #expect(error.field == nil)
        }
    }

    /// A script may say which cell is wrong, and its check the sentence in both languages.
    @Test func aScriptNamesTheCellAndItsCheckTheSentence() async throws {
        func error(_ field: String) async throws -> RowError? {
            var assist = Self.script(
                """
                function executeCondition(row) {
                    var isWrong = row.u_number == '1' && row.u_account == 'Ernst Handel';
                    return { validationPassed: !isWrong, message: '', field: '\(field)' };
                }
                """)
            (assist.message, assist.messageKo) = ("Not this one.", "이 계약은 안 됩니다.")
            let checker = try Self.checker("contract", [assist], language: "ko", Asked())
            let row = try Self.row("contract", ["account": "Ernst Handel", "number": "1"])
            return try await checker.check([row])[0].errors.first { $0.check == .record }
        }
        let named = try await error("u_number")
        #expect(named == RowError(.record, field: "number", ["Not this one.", "이 계약은 안 됩니다."]))
        #expect(try await error("u_company")?.field == "account")
        // What is no column of the staging table says nothing.
        #expect(try await error("colour") == RowError(.record, ["Not this one.", "이 계약은 안 됩니다."]))
    }

    @Test func anUnknownAccountIsSaidWhereNoScriptSpeaks() async throws {
        let asked = Asked()
        let checker = try Self.checker("contract", [], language: "ko", asked)
        let verdicts = try await checker.check([
            try Self.contract("Hanari Carnes"), try Self.contract("Twice"), try Self.contract(" Ernst Handel "),
        ])
        #expect(verdicts[0].comment == "계정: ‘Hanari Carnes’를 찾을 수 없습니다.")
        #expect(verdicts[1].comment == "계정: ‘Twice’에 해당하는 레코드가 2개입니다.")
        #expect(verdicts[2].comment == "")
    }

    /// No row of another account is published, whatever record-level checks there are.
    @Test func theAccountOfARowIsThatOfTheCase() async throws {
        let checker = RowChecker(
            CheckPlan(try #require(ImportTarget.named("contract")), []), account: "own", records: Self.task,
            language: "en",
            resolve: { _, texts in
                Dictionary(
                    uniqueKeysWithValues: texts.map {
                        ($0, RowChecker.Match(count: 1, id: $0 == "Ernst Handel" ? "own" : "other"))
                    })
            },
            run: { _, _ in [] })
        let verdicts = try await checker.check([
            try Self.contract("Ernst Handel"), try Self.contract("Hanari Carnes"),
        ])
        #expect(
            verdicts.map(\.comment) == [
                "", "Account: \"Hanari Carnes\" is not the account that the data belongs to.",
            ])
    }

    @Test func anEmptyValueFailsOnlyWhereItIsMandatory() async throws {
        let checker = try Self.checker("contract", [], Asked())
        let verdicts = try await checker.check([try Self.row("contract", ["account": "  ", "number": "1"])])
        #expect(verdicts[0].comment == "Account is mandatory.\nEnd date is mandatory.")
    }

    @Test func othersAreAskedOncePerText() async throws {
        let asked = Asked()
        let checker = try Self.checker("contract", [Self.script(AccountCheck.script)], asked)
        let rows = try (0..<3_000).map { try Self.contract("Account \($0 % 1_500)") }
        _ = try await checker.check(rows)
        _ = try await checker.check(rows)
        #expect(asked.references.withLock { $0.map(\.count) } == [1_000, 500])
        // The sample reads the account alone: equal accounts are judged once.
        #expect(asked.scriptRows.withLock { $0 } == 1_500)
    }

    @Test func aScriptThatMayReadAnythingSeesEveryRow() async throws {
        let asked = Asked()
        let source = """
            function executeCondition(row) {
                var copy = row;
                return { validationPassed: copy.u_number == '1', message: 'Number is ' + copy['u_number'] };
            }
            """
        let checker = try Self.checker("contract", [Self.script(source)], asked)
        var other = try Self.contract("Ernst Handel")
        other[try #require(ImportTarget.named("contract")?.position(of: "number"))] = "2"
        let verdicts = try await checker.check([try Self.contract("Ernst Handel"), other, other])
        #expect(verdicts.map(\.comment) == ["", "Number is 2", "Number is 2"])
        #expect(asked.scriptRows.withLock { $0 } == 3)
    }

    @Test func aScriptThatFailsFailsTheRowWithTheFixedText() async throws {
        let checker = try Self.checker(
            "contract", [Self.script("function executeCondition(r) { return r.u_account.nothing.at.all; }")], Asked())
        let verdicts = try await checker.check([try Self.contract("Ernst Handel")])
        #expect(verdicts[0].comment == "The check script failed on this row.")
    }
}
