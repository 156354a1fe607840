import ImportValidationWire
import OnboardingWire
import Records
import Testing
import Wire

@testable import ImportValidationService

/// The dictionary's checks of the eight default targets include sense: periods, quantities, countries and time zones, and
/// currencies wherever a declaration has one.
@Suite struct SenseTests {
    /// Pairs of dates of one record, by the names of their fields.
    private static let periods = [("start_date", "end_date"), ("installed_on", "removed_on"), ("opens", "closes")]

    @Test func everyPeriodHasItsOrder() {
        var found = 0
        for target in ImportTarget.all {
            for (start, end) in Self.periods where target.field(start) != nil && target.field(end) != nil {
                let plan = CheckPlan(target, [])
                #expect(plan.periods.map { target.fields[$0.earlier].name } == [start], "\(target.table)")
                #expect(plan.periods.map { target.fields[$0.later].name } == [end], "\(target.table)")
                found += 1
            }
        }
        #expect(found == 3)
    }

    @Test func noQuantityIsNegative() throws {
        var found: [String] = []
        for target in ImportTarget.all {
            for (position, field) in target.fields.enumerated()
            where [.integer, .decimal, .currency].contains(field.type) {
                found.append("\(target.table).\(field.name)")
                let column = CheckPlan(target, []).columns[position]
                #expect(column.refusal(of: "-1", stored: "-1")?.check == .field, "\(target.table).\(field.name)")
                #expect(column.refusal(of: "1", stored: "1") == nil)
            }
        }
        #expect(
            found.sorted() == ["contract.contract_value", "service_entitlement.total_units", "sold_product.quantity"])
    }

    /// Fields are what their names say: no target has a country, a time zone or a currency that may be anything.
    @Test func codesAreKnownOnes() throws {
        let formats: [String: (TextFormat, known: String, unknown: String)] = [
            "country": (.country, "AT", "Narnia"), "time_zone": (.timeZone, "Asia/Seoul", "Mars/Base"),
            "currency": (.currencyCode, "EUR", "ZZZ"),
        ]
        var found: Set<String> = []
        let targets = ImportTarget.all
        for target in targets {
            for (position, field) in target.fields.enumerated() {
                guard let (format, known, unknown) = formats[field.name] else { continue }
                found.insert(field.name)
                #expect(field.format == format, "\(target.table).\(field.name)")
                let column = CheckPlan(target, []).columns[position]
                #expect(column.refusal(of: known, stored: known) == nil)
                #expect(column.refusal(of: unknown, stored: unknown)?.check == .field)
            }
        }
        #expect(found == ["country", "time_zone"], "no default target has a currency of its own")
        // Whatever record has one, its declaration says so.
        for schema in OnboardingCatalog.records.map({ $0.schema }) {
            for field in schema.fields { #expect(field.name != "currency" || field.format == .currencyCode) }
        }
    }
}
