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

    // MARK: Ranges

    private static func range(_ text: String) throws -> FilterRange? {
        try Filter.parse(text).check(against: schema, context: FilterFacts(nowMicroseconds: 0, subject: "x")).range
    }

    @Test(arguments: [
        ("priority > 3", "priority", false, true), ("due <= 2026-01-01 AND state = new", "due", true, false),
        ("(priority >= 3)", "priority", false, true), ("NOT state = new AND (priority < 4)", "priority", true, false),
    ])
    func aBoundThatAllNeedIsTold(_ text: String, _ field: String, _ isBelow: Bool, _ isAll: Bool) throws {
        let range = try #require(try Self.range(text))
        #expect(range.field == field && range.isBelow == isBelow && range.isAll == isAll)
    }

    @Test(arguments: ["", "priority = 3", "NOT priority > 3", "priority > 3 OR state = new", "name = \"a*\""])
    func whatIsNoBoundIsNone(_ text: String) throws { #expect(try Self.range(text) == nil) }

    /// No bound is left out that a value keeps, or on which two values differ.
    @Test(arguments: ["<", "<=", ">", ">="])
    func valuesFindTheBoundsTheyKeep(_ comparator: String) throws {
        let filters = try (0..<8).map { number in
            try Filter.parse("priority \(comparator) \(number / 2)").check(
                against: Self.schema, context: FilterFacts(nowMicroseconds: 0, subject: "x"))
        }
        let ranges = FilterRanges(filters.enumerated().compactMap { place, filter in filter.range.map { ($0, place) } })
        func kept(_ value: FilterValue) -> Set<Int> { Set((0..<8).filter { filters[$0].matches { _ in value } }) }
        let values = (-1...5).map { FilterValue.int($0) } + [.null]
        for value in values {
            let found = Set(ranges.keeping(value))
            #expect(found.isSuperset(of: kept(value)) && found.count <= kept(value).count + 2)
            for other in values {
                let between = Set(ranges.between(value, other))
                let differ = kept(value).symmetricDifference(kept(other))
                #expect(between.isSuperset(of: differ) && between.count <= differ.count + 4)
            }
        }
    }
}
