import Records
import Testing
import Wire

@testable import ImportValidationService

/// Errors as they are stored, and the sentences that are made of them.
@Suite struct RowErrorTests {
    private static let target = ImportTarget.named("contract")

    /// One of every check, as the checker finds it.
    private static let errors: [RowError] = [
        RowError(.mandatory, field: "number"), RowError(.reference, field: "account", ["0"]),
        RowError(.reference, field: "account", ["1"]), RowError(.reference, field: "account", ["2"]),
        RowError(.choice, field: "state", ["a, b", "가, 나"]), RowError(.date, field: "end_date", ["dd.MM.yyyy"]),
        RowError(.datetime, field: "end_date", ["yyyy-MM-dd HH:mm"]), RowError(.boolean, field: "number"),
        RowError(.integer, field: "number"), RowError(.decimal, field: "contract_value"),
        RowError(.limit, field: "number", ["1200"]), RowError(.field, field: "end_date", ["soon"]),
        RowError(.order, field: "end_date"), RowError(.record, ["no", "아니요"]), RowError(.record, ["only one"]),
        RowError(CellFault(kind: .error, field: "number", place: "A2", detail: "#N/A")),
        RowError(CellFault(kind: .surplus, place: "2", detail: "5 > 3")), RowError(.double, ["7", "a.csv"]),
        RowError(.publication, field: "number", ["no", "아니요"]), RowError(.comment, ["earlier"]),
    ]

    @Test func everyCheckHasAnExample() {
        #expect(Set(Self.errors.map(\.check)) == Set(RowError.Check.allCases))
    }

    @Test(arguments: errors.indices) func whatIsStoredSaysTheSame(_ index: Int) throws {
        let target = try #require(Self.target)
        let error = Self.errors[index]
        let stored = RowError.json([error])
        let read = RowError.read(stored, comment: "not this")
        #expect(read == [error])
        let text = error.text(target.fields.map { _ in "x" }, target)
        #expect(!text.en.isEmpty && !text.ko.isEmpty)
        // What has two languages is not the same in both.
        #expect((text.en == text.ko) == (error.details == ["only one"] || error.check == .comment))
        // Every detail is said, or stands for a choice of sentences.
        if [.choice, .record, .double, .publication, .comment].contains(error.check) {
            #expect(error.details.allSatisfy { text.en.contains($0) || text.ko.contains($0) })
        }
    }

    /// Texts of files come as they are.
    @Test(arguments: ["\"", "\\", "\n\r\t", "\u{1}\u{1F}", "😀 가 e\u{301}", "</x>", "{}", "\u{2028}", ""])
    func anyTextIsKept(_ text: String) {
        let errors = [RowError(.double, [text, "a"]), RowError(.reference, field: "account", [text])]
        #expect(RowError.read(RowError.json(errors), comment: nil) == errors)
        let faults = [
            CellFault(kind: .unreadable, field: "account", place: "A2", detail: text),
            CellFault(kind: .place, place: text),
        ]
        #expect(CellFault.read(CellFault.json(faults)) == faults)
        #expect(RowError.json([]).isEmpty && CellFault.json([]).isEmpty)
    }

    /// Rows of an instance of the version before hold a comment alone.
    @Test func anEarlierCommentIsReadLineByLine() {
        let read = RowError.read(nil, comment: "One.\nTwo.")
        #expect(read == [RowError(.comment, ["One."]), RowError(.comment, ["Two."])])
        #expect(RowError.read(nil, comment: nil).isEmpty)
    }
}
