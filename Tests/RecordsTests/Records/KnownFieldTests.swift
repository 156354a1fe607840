import Records
import Testing
import WireCatalog

/// What the machinery knows by its name is there: a name that no record has would never be found.
@Suite struct KnownFieldTests {
    @Test(arguments: KnownField.allCases) func someRecordHasTheField(field: KnownField) {
        #expect(Catalog.schemas.contains { $0.has(field) }, "\(field.rawValue)")
    }
}
