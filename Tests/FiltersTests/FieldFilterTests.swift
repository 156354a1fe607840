import CustomerSuccessWire
import Testing
import Wire

@testable import Filters

/// Filters that code makes are read as filters that people write.
@Suite struct FieldFilterTests {
    private typealias Own = FieldFilter<SuccessTask.Field>

    @Test func theyAreWrittenInTheLanguageOfFilters() {
        #expect(Own.everything.text.isEmpty)
        #expect(Own.equal(.visibleToCustomer, true).text == "visible_to_customer = true")
        #expect(Own.equal(.state, SuccessTask.State.closed).text == #"state = "closed""#)
        #expect(Own.equal(.contact, oneOf: ["a", "b"]).text == #"contact = ("a" OR "b")"#)
        #expect(Own.equal(.contact, oneOf: ["a"]) == .equal(.contact, "a"))
        let both: Own = .equal(.visibleToCustomer, true).and(.equal(.contact, oneOf: ["a", "b"]))
        #expect(both.text == #"visible_to_customer = true AND contact = ("a" OR "b")"#)
        #expect(Own.equal([.state: "open", .contact: "a"]) == Own.equal(.contact, "a").and(.equal(.state, "open")))
        #expect(Own.equal([:]) == .everything)
        #expect(both.and(.everything) == both && Own.everything.and(both) == both)
    }

    /// What a value holds is its own: it ends no text, stands for no other, and escapes nothing.
    @Test(arguments: ["plain", #"a "quoted" one"#, #"back\slash"#, "any*thing", "*", "it's", "", "OR", "한국"])
    func valuesAreFoundAsTheyAre(_ value: String) throws {
        let schema = FilterSchema([FilterField("subject", .string)])
        func keeps(_ filter: FieldFilter<SuccessTask.Field>, _ found: String) throws -> Bool {
            let checked = try Filter.parse(filter.text).check(
                against: schema, context: FilterFacts(nowMicroseconds: 0, subject: "x"))
            return checked.matches { _ in .string(found) }
        }
        for filter in [Own.equal(.subject, value), .equal(.subject, oneOf: [value, "other"])] {
            #expect(try keeps(filter, value))
            #expect(try !keeps(filter, "another text"))
        }
    }
}
