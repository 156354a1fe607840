import Testing

@testable import Filters

/// A value that every row which a filter keeps holds.
@Suite struct DemandTests {
    private static let schema = FilterSchema([
        FilterField("name", .string), FilterField("state", .choice(allowed: ["new", "open"])),
        FilterField("priority", .int), FilterField("active", .bool), FilterField("due", .date),
        FilterField("members", .list),
    ])

    private static func demand(_ text: String) throws -> FilterDemand? {
        try Filter.parse(text).check(against: schema, context: FilterFacts(nowMicroseconds: 0, subject: "x")).demand
    }

    @Test(arguments: [
        ("state = new", "state", FilterValue.string("new")), ("due:* AND priority = 3", "priority", .int(3)),
        ("state = new AND (priority = 1 OR priority = 2)", "state", .string("new")),
        ("(active = true)", "active", .bool(true)),
        ("priority = (4)", "priority", .int(4)),
    ]) func aPartThatAllNeedIsDemanded(_ text: String, _ field: String, _ value: FilterValue) throws {
        #expect(try Self.demand(text) == FilterDemand(field: field, value: value, isFolded: false))
    }

    /// Texts that look alike are the same.
    @Test func textsAreDemandedAsTheyLook() throws {
        let demand = try #require(try Self.demand("name = \"Ab  C\""))
        #expect(demand.isFolded && demand.value == FilterValue.string("aB c").folded)
    }

    @Test(arguments: [
        "", "state != new", "NOT state = new", "state = new OR priority = 1", "name = \"a*\"", "name : a",
        "due = 2026-01-01",
        "members : a", "priority > 1",
    ]) func whatManyValuesMeetDemandsNone(_ text: String) throws { #expect(try Self.demand(text) == nil) }
}
