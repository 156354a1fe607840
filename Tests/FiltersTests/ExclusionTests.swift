import Testing

@testable import Filters

/// Whether two filters can hold for one row.
@Suite struct ExclusionTests {
    private static let schema = FilterSchema([
        FilterField("name", .string), FilterField("state", .choice(allowed: ["new", "open", "closed"])),
        FilterField("priority", .int), FilterField("active", .bool), FilterField("parent", .reference),
    ])

    private static func checked(_ text: String) throws -> CheckedFilter {
        try Filter.parse(text).check(against: schema, context: FilterFacts(nowMicroseconds: 0, subject: "x"))
    }

    @Test(arguments: [
        ("state = new", "state = open"), ("state = (new OR open)", "state = closed"),
        ("state = new", "NOT state = new"),
        ("state = new", "state != new"), ("active = true", "active = false"), ("parent:*", "NOT parent:*"),
        ("state = new AND priority = 1", "name = \"x\" AND state = open"), ("name = \"Ab\"", "name = \"ac\""),
        ("state = new OR state = open", "NOT (state = new OR state = open)"), ("state = new AND state = open", ""),
        ("NOT (state != new)", "state = closed"), ("NOT (parent:* AND name = \"x\")", "parent:* AND name = \"x\""),
    ]) func theseContradictEachOther(_ one: String, _ other: String) throws {
        let (one, other) = (try Self.checked(one), try Self.checked(other))
        #expect(one.excludes(other) && other.excludes(one))
    }

    @Test(arguments: [
        ("", ""), ("state = new", ""), ("state = new", "priority = 1"), ("state = (new OR open)", "state = open"),
        ("state = new OR priority = 1", "state = open"), ("priority < 1", "priority > 1"),
        ("name = \"a*\"", "name = \"b*\""),
        ("NOT state = new", "NOT state = open"), ("name = \"Ab\"", "name = \"aB\""), ("state != new", "NOT parent:*"),
        ("name = \"\"", "NOT name:*"),
    ]) func theseMayHoldTogether(_ one: String, _ other: String) throws {
        let (one, other) = (try Self.checked(one), try Self.checked(other))
        #expect(!one.excludes(other) && !other.excludes(one))
    }
}
