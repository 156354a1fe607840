import Filters
import Testing

/// Signs, parentheses and negations in filters: each means what it reads like, or is refused.
@Suite struct SignVariantTests {
    /// Numbers of the rows of `FilterCases` that each keeps. Amounts are 1863.4, -0.5, none, 0, 1863.4.
    @Test(arguments: [
        ("amount >= (-2.4)", "1245"), ("amount >= -2.4", "1245"), ("amount >= ( -2.4 )", "1245"),
        ("amount>=(-2.4)", "1245"),
        ("amount = ((-0.5))", "2"), ("(amount = (-0.5))", "2"), ("amount = (-0.5)", "2"), ("amount < (-0.4)", "2"),
        ("amount != (-0.5)", "1345"),
        ("amount = (-0.5 OR 0 OR 1863.4)", "1245"), ("amount > (-1 AND -0.6)", "1245"), ("NOT amount >= (-2.4)", "3"),
        ("-amount = (-0.5)", "1345"),
        ("NOT (amount >= (-0.4))", "23"), ("count = (-7)", "2"), ("count = (+3)", "1"),
        ("count >= (-7) count <= (0)", "24"),
        ("count = (-7 OR (3))", "12"), ("amount = -0", "4"), ("amount = (-0.0)", "4"), ("amount = -5e-1", "2"),
        ("amount = (-5e-1)", "2"),
        ("amount >= (-2.4) OR state = closed", "1245"), ("state = (new) amount >= (-2.4)", "15"),
        ("-(amount >= (-2.4))", "3"),
        ("created_at > (1970-01-01)", "12"), ("due_date = (2024-06-15)", "1"), ("state = (-new)", "234"),
        ("NOT state = (-new)", "15"),
    ])
    func rows(filter: String, rows: String) throws {
        let checked = try Filter.parse(filter).check(against: FilterCases.schema, context: FilterCases.context)
        let kept = FilterCases.rows.enumerated().filter { _, row in checked.matches { FilterCases.value(row, $0) } }
        #expect(kept.map { String($0.offset + 1) }.joined() == rows)
    }

    @Test(arguments: [
        "amount >= -(2.4)", "amount >= (- 2.4)", "amount >= - 2.4", "amount >= (--2.4)", "amount >= --2.4",
        "amount >= (-)", "amount >= -",
        "amount >= ()", "amount >= (-2,4)", "amount >= -2,4", "amount >= \u{2212}2.4", "amount >= (\u{2212}2.4)",
        "amount >= (NOT -2.4)",
        "amount >= (-x)", "amount >= -x", "amount >= (-2.4", "amount >= -2.4)", "amount >= (2.4 -)", "amount => -2.4",
        "amount >= 2 - 4",
        "amount >= (-2.4.1)", "amount >= -2-4", "amount >= (-\"x\")", "amount >= + 2", "-2.4 <= amount",
        "(-2.4) <= amount", "amount >= -\u{661}",
        "amount >= (-2.4%)", "amount >= (-$2)", "- amount >= 2", "amount >= (-1e)",
    ])
    func refused(filter: String) {
        #expect(throws: FilterError.self) {
            _ = try Filter.parse(filter).check(against: FilterCases.schema, context: FilterCases.context)
        }
    }
}
