import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// An administrator has each reference of the own records point to a record of another tenant, or to none: it stays as it
/// was, and the field is named.
@Suite(.timeLimit(.minutes(15))) struct ReferenceAttackTests {
    /// Whose rows there are, and who now looks next door.
    private static let attacker = Caller.holding("admin", domain: Tested.victim, subject: Tested.person)

    @Test(arguments: Tested.names) func noRecordComesToPointToAnotherTenants(_ name: String) async throws {
        let service = try await Tested.start(name)
        let others = try await service.neighbours()
        let before = try await service.rows()
        var tried = 0
        for schema in service.schemas {
            let subject = "ale.v1.\(name).\(schema.collection).update"
            guard service.methods.contains(where: { $0.subject == subject }) else { continue }
            let own = try #require(service.ids[schema.table]?.first, "\(schema.table)")
            for field in schema.fields where !field.outputOnly {
                // Which of several tables is meant says another field: tried with whole records by their service.
                guard let reference = field.reference, !reference.contains("|") else { continue }
                let place = "\(schema.table).\(field.name)"
                guard !MethodAttackTests.elsewhere.union(MethodAttackTests.names).contains(place) else { continue }
                for id in [others[reference], uuid()].compactMap({ $0 }) {
                    let value = field.storage == .strings ? "[\"\(id)\"]" : "\"\(id)\""
                    let record = "{\"id\": \"\(own)\", \"\(Attempt.camel(field.name))\": \(value)}"
                    let attempt = Attempt(
                        subject: subject, json: "{\"\(Attempt.camel(schema.table))\": \(record)}", need: .nothing,
                        table: schema.table, isFoundFirst: true)
                    let problem = await service.problem(attempt, as: Self.attacker)
                    #expect(problem?.code == .invalidArgument, "\(place) \(id) \(problem as Any)")
                    #expect(problem?.violations.contains { $0.field == place } == true, "\(place) \(problem as Any)")
                    tried += 1
                }
            }
        }
        #expect(tried > 0 || name == "notifier")
        #expect(try await service.rows() == before)
    }
}
