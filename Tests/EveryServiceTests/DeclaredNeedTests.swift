import Testing
import Wire
import WireCatalog

/// What each method declares of the rights it takes is what it is tried for with every role.
@Suite struct DeclaredNeedTests {
    /// What they need depends on the table that the request names.
    private static let asTheRequestSays: Set<String> = [
        "ale.v1.onboarding.records.resolve", "ale.v1.onboarding.records.publish",
        "ale.v1.onboarding.records.list_changes", "ale.v1.customer-success.records.list_changes",
    ]

    @Test(arguments: Catalog.methods) func theNeedIsDeclared(method: MethodInfo) throws {
        let schemas = Catalog.schemas.filter { $0.service == method.service }
        let attempt = try #require(Attempt.of(method, schemas), "nobody says how \(method.subject) is tried")
        let declared = method.need.map { need in
            (need.operation.rawValue, [need.table, need.field].compactMap(\.self).joined(separator: "."))
        }
        switch attempt.need {
        case .operation(let operation, let table), .provider(let operation, let table),
            .working(let operation, let table, _):
            let isOfCards = method.subject.contains(".recommended_actions.")
            if isOfCards || Self.asTheRequestSays.contains(method.subject) { return #expect(declared == nil) }
            #expect(declared?.0 == operation && declared?.1 == table, "\(method.subject)")
        case .report, .reading, .administrator, .nothing, .service: #expect(declared == nil, "\(method.subject)")
        }
    }
}
