import RPC
import Records
import Roles
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// An administrator of one tenant tries every method of every record on another tenant's records: they do not exist for
/// it, and stay as they are.
@Suite struct AttackTests {
    @Test(arguments: allSamples.indices)
    func anotherTenantsRecordsAreOutOfReach(row: Int) async throws { try await attack(allSamples[row]) }

    private func attack<R: Sample>(_ type: R.Type) async throws {
        let world = try await World()
        let neighbour = try await World(world.server)
        var attacker = neighbour.administrator
        attacker.domain = try #require(DomainPath(neighbour.domain))
        let record = try await world.make(type)
        let ids = [record.id] + (R.schema.numberPrefix == nil ? [] : [record[field: "number"].string ?? ""])
        for id in ids {
            for method in CustomerSuccess.api where method.subject.contains(".\(R.schema.collection).") {
                let verb = method.subject.split(separator: ".").last.map(String.init) ?? ""
                guard !["create", "list", "batch_create", "export"].contains(verb) else { continue }
                let problem = try await refusal("\(method.subject)") {
                    try await self.attempt(verb, R.self, id, as: attacker, in: world)
                }
                #expect(problem.code == .notFound, "\(method.subject) \(problem)")
            }
        }
        let filters = [
            "", "id = \"\(record.id)\"", "domain = \"\(world.domain)\"", "domain != \"\(neighbour.domain)\"",
        ]
        for filter in filters {
            let found = try await world.list(type, filter: filter, size: 1_000, as: attacker).resources
            #expect(!found.contains { $0.id == record.id || !$0.domain.hasPrefix(neighbour.domain) }, "\(filter)")
        }
        // A record of its own that points to the other's parent.
        let draft = try await R.draft(in: world)
        #expect(try await refusal { _ = try await world.create(draft, as: attacker) }.code == .invalidArgument)
        #expect(try await world.get(type, record.id) == record)
    }

    /// Sends `verb` for the record `id`, with a request of the right shape.
    private func attempt<R: Sample>(
        _ verb: String, _ type: R.Type, _ id: String, as attacker: Caller, in world: World
    ) async throws {
        var target = R()
        target.id = id
        switch verb {
        case "get": _ = try await world.get(type, id, as: attacker)
        case "update":
            let field = R.schema.index(of: "description") == nil ? nil : "description"
            if let field { target[field: field] = .string("x") }
            _ = try await world.update(target, field.map { [$0] }, as: attacker)
        case "delete": try await world.delete(target, as: attacker)
        case "close", "cancel", "close_initiative":
            _ = try await world.close(target, verb, notes: "x", as: attacker)
        case "reopen", "assign_to_me": _ = try await world.act(verb, target, as: attacker)
        case "add_comment", "add_work_note": _ = try await world.write(verb, "x", on: target, as: attacker)
        case "list_activity": _ = try await world.activity(target, as: attacker)
        case "batch_update": try await updateMany(target, as: attacker, in: world)
        case "batch_reassign":
            var request = BatchReassignRequest()
            request.records = [BatchTarget()]
            request.records[0].id = id
            try Self.thrown(try await world.call(World.method(R.self, verb), request, as: attacker))
        default: Issue.record("no attack on \(verb)")
        }
    }

    private func updateMany<R: Record>(_ target: R, as attacker: Caller, in world: World) async throws {
        let bulk = try #require(R.self as? any BulkRecord.Type)
        func send<B: BulkRecord>(_ type: B.Type) async throws {
            var request = B.BatchModification()
            request.resources = [target as? B].compactMap { $0 }
            try Self.thrown(try await world.call(World.method(B.self, "batch_update"), request, as: attacker))
        }
        try await send(bulk)
    }

    /// The error of the only record of a batch.
    private static func thrown(_ response: BatchResponse) throws {
        if let error = response.results.first?.error { throw Problem(status: error) }
    }
}
