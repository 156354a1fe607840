import Testing

@testable import ImportValidationService

/// Doubles that a load finds among its own rows.
@Suite struct OwnDoublesTests {
    /// What rows of these keys, in batches, are told of others, and where the rest is to be looked for.
    private static func told(
        _ batches: [[Int64?]], begun: Int64? = 3
    ) throws -> (rows: [[String]], rest: StagingDoubles.Among) {
        let target = try #require(ImportTarget.named("location"))
        var doubles = OwnDoubles(begun: begun, target, file: "a.csv", language: "en")
        var told: [[String]] = []
        for keys in batches {
            let start = told.count + 2
            let rows = keys.indices.map { ReadRow(number: start + $0, cells: []) }
            var verdicts = keys.map { RowVerdict(key: $0) }
            doubles.tell(rows, &verdicts)
            for verdict in verdicts {
                #expect(verdict.errors.allSatisfy { $0.check == .double && $0.details.last == "a.csv" })
                #expect(verdict.comment.split(separator: "\n").count == verdict.errors.count)
            }
            told += verdicts.map { $0.errors.compactMap(\.details.first) }
        }
        return (told, doubles.rest)
    }

    @Test func rowsOfOneKeyNameEachOther() throws {
        // Rows 2 to 5, and 6 to 10.
        let (rows, rest) = try Self.told([[7, nil, 5, 7], [nil, 9, 7, 5, 5]])
        #expect(rows == [["5"], [], [], ["2"], [], [], ["2"], ["4"], ["4"]])
        // Row 4 was on its way when its double came.
        guard case .rows(let late, let begun) = rest else { return #expect(Bool(false), "all rows are looked through") }
        #expect(late.sorted() == [4, 9] && begun == 3)
        guard case .rows([], _) = try Self.told([[1, 2, nil, nil]]).rest else {
            return #expect(Bool(false), "there are none")
        }
    }

    @Test func whatIsNotNotedIsLookedFor() throws {
        guard case .all = try Self.told([[1, 1]], begun: nil).rest else {
            return #expect(Bool(false), "a task with other rows")
        }
        let many = stride(from: 0, to: 200_000, by: 2_000).map { start in (0..<2_000).map { Int64?(start + $0) } }
        guard case .all = try Self.told(many).rest else { return #expect(Bool(false), "a large file") }
    }
}
