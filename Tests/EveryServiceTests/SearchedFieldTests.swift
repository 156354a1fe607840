import Roles
import ServiceTestKit
import Testing
import Wire
import WireCatalog

/// Words are found whoever wrote them: of records that customers see, only what customers may read is a word, and nothing
/// that a field rule keeps from somebody.
@Suite struct SearchedFieldTests {
    @Test(arguments: Tested.names) func nobodyFindsByWhatTheyMayNotRead(_ name: String) async throws {
        let service = try await Tested.start(name)
        let tables = try AccessTables()
        let searched = try await service.searched()
        #expect(searched.count > 1)
        for (table, columns) in searched {
            let schema = try #require(
                service.schemas.first { $0.table == table } ?? Catalog.schemas.first { $0.table == table }, "\(table)")
            let isForCustomers = tables.roles.keys.contains {
                tables.isForCustomers($0) && tables.allows($0, "read", table)
            }
            for column in columns {
                let field = try #require(schema.field(column), "\(table).\(column)")
                #expect(!isForCustomers || field.customerVisible, "\(table).\(column)")
                #expect(!Access.rules.contains { $0.table == table && $0.field == column }, "\(table).\(column)")
            }
        }
    }
}
