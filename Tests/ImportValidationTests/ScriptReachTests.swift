import Testing

@testable import ImportValidationService

/// What a script can read is told from its text only where that is beyond doubt.
@Suite struct ScriptReachTests {
    private static func reach(_ body: String, argument: String = "row") throws -> [String]? {
        let target = try #require(ImportTarget.named("contract"))
        let source = "function executeCondition(\(argument)) { \(body) }"
        return ScriptReach.positions(source, target)?.map { target.fields[$0].name }
    }

    @Test func theSampleReadsTheAccount() throws {
        let target = try #require(ImportTarget.named("contract"))
        #expect(ScriptReach.positions(AccountCheck.script, target) == [try #require(target.accountColumn)])
    }

    @Test(arguments: [
        ("return row.u_number;", ["number"]),
        ("return row.getValue('u_end_date') + row.u_company;", ["account", "end_date"]),
        ("return row.task.company.name == row.case.account.name;", []), ("return row.u_unknown;", []),
        ("return {message: 'with this row and eval'};", []), ("return row . u_number;", ["number"]),
    ])
    func plainReads(body: String, fields: [String]) throws {
        #expect(try Self.reach(body) == fields)
    }

    @Test(arguments: [
        "var a = row; return a.u_number;", "return row['u_number'];", "return f(row);", "return row.getValue(name);",
        "return arguments[0].u_number;", "with (row) { return u_number; }", "return eval('ro' + 'w').u_number;",
        "return Math.random() < row.u_number;", "return row.toString();", "return row.u_number; // row",
        "return `${row}`;",
        "return r\\u006fw;", "executeCondition(1); return row.u_number;", "return new Date() > row.u_end_date;",
        "for (var k in row) {}", "return row.number;",
    ])
    func doubtMeansEverything(body: String) throws {
        #expect(try Self.reach(body) == nil)
    }

    @Test func onlyTheOneDeclaration() throws {
        let target = try #require(ImportTarget.named("contract"))
        #expect(ScriptReach.positions("var executeCondition = function (row) { return row.u_number; };", target) == nil)
        #expect(ScriptReach.positions("", target) == nil)
    }
}
