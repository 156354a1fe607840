import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Records of a batch are written together (ADR 0042), and yet each has what one alone has: a row, an entry in its journal, an
/// event; and what keeps one from going keeps no other.
@Suite struct PublishedTogetherTests {
    /// No multiple of what one statement takes.
    private static let count = 283

    private func published(_ world: World) async throws -> [PublishResult] {
        let rows = (1...Self.count).map { ["Site \($0)", "Linz"] }
        return try await world.publish("location", ["name", "city"], rows).results
    }

    private func events(_ world: World, _ action: String, _ ids: [String]) async throws -> [String] {
        let subject = "%.location.\(action)"
        return try await world.server.admin.run(
            "SELECT record FROM onboarding.outbox WHERE record = ANY(\(ids)::uuid[]) AND subject LIKE \(subject) ORDER BY seq"
        ).map { try $0.string(at: 0) }
    }

    @Test func eachHasItsEntryAndItsEvent() async throws {
        let world = try await World()
        let results = try await published(world)
        #expect(results.count == Self.count && results.allSatisfy { $0.outcome == "created" })
        #expect(results.allSatisfy { $0.key.isEmpty && $0.content.isEmpty }, "of use to plans alone")
        let ids = results.map(\.targetRecord)
        #expect(Set(ids).count == Self.count)
        let entries = try await world.server.admin.run(
            """
            SELECT record, count(*), min(kind), min(by), min(domain), min(table_name), min(cardinality(fields)) \
            FROM onboarding.journal WHERE record = ANY(\(ids)::uuid[]) GROUP BY record
            """)
        #expect(entries.count == Self.count)
        for entry in entries {
            #expect(try entry.int64(at: 1) == 1)
            let told = try (2...5).map { try entry.string(at: $0) }
            #expect(told == ["created", world.agent.subject, world.account.domain, "location"])
            #expect(try entry.int64(at: 6) == 0)
        }
        #expect(try await events(world, "created", ids) == ids, "in the order of the rows")
    }

    /// What records of one batch have in common is sent once: of two customers nobody gets what is the other's.
    @Test func eachIsOfItsOwnDomain() async throws {
        let (one, other) = (try await World(), try await World())
        let database = one.server.database
        let accounts = [one.account, one.account, other.account]
        let drafts = (0..<Self.count).map { place in
            var draft = Location()
            draft.name = "Own \(place)"
            draft.account = accounts[place % 3].id
            draft.city = place.isMultiple(of: 2) ? "Linz" : nil
            return draft
        }
        let context = WriteContext(caller: one.agent, now: database.clock.now, trace: "00-together")
        let made = try await database.transaction(as: one.agent, deadline: .patient) { tx in
            try Store<Location>(database).createAll(drafts, context, in: tx)
        }
        let ids = made.map(\.id)
        let stored = try await database.transaction(as: one.agent, deadline: .patient) { tx in
            try Store<Location>(database).find(where: "id = ANY(\(ids)::uuid[])", in: tx)
        }
        #expect(Dictionary(uniqueKeysWithValues: stored.map { ($0.id, $0) }).count == Self.count)
        #expect(Set(stored.map(\.name)) == Set(drafts.map(\.name)))
        let rows = try await one.server.admin.run(
            """
            SELECT o.record, o.domain, o.subject, o.trace, o.payload, j.domain, j.at = l.created_at \
            FROM onboarding.outbox AS o JOIN onboarding.journal AS j ON j.record = o.record \
            JOIN onboarding.location AS l ON l.id = o.record WHERE o.record = ANY(\(ids)::uuid[]) ORDER BY o.seq
            """)
        #expect(rows.count == Self.count)
        for (place, (row, record)) in zip(rows, made).enumerated() {
            let domain = accounts[place % 3].domain
            let token = try #require(DomainPath(domain)).subjectToken
            #expect(try row.string(at: 0) == record.id && record.domain == domain)
            #expect(try row.string(at: 1) == domain && row.string(at: 5) == domain)
            #expect(try row.string(at: 2) == "ale.v1.events.\(token).onboarding.location.created")
            #expect(try row.string(at: 3) == "00-together" && row.bool(at: 6))
            let event = try RecordEvent.decode(protobuf: try row.bytes(at: 4))
            #expect(event.id == record.id && event.domain == domain && event.revision == 1)
            #expect(try Location.decode(protobuf: event.record) == record)
            #expect(stored.first { $0.id == record.id } == record)
        }
    }

    @Test func aRowOfAPlanWhoseRecordCameMeanwhileHasMoved() async throws {
        let world = try await World()
        func request(dry: Bool, _ seen: [PublishResult] = []) -> PublishRowsRequest {
            var request = PublishRowsRequest()
            request.targetTable = "location"
            request.account = world.account.id
            request.columns = ["name", "city"]
            request.dryRun = dry
            request.rows = [["Linz", "A"], ["Graz", "B"], ["Wien", "C"]].enumerated().map { place, values in
                var row = PublishRow()
                row.rowID = String(place)
                row.values = values
                guard !seen.isEmpty else { return row }
                var planned = PlannedRow()
                planned.targetRecord = seen[place].targetRecord
                planned.etag = seen[place].etag
                planned.content = seen[place].content
                row.planned = planned
                return row
            }
            return request
        }
        _ = try await world.publish("location", ["name", "city"], [["Wien", "D"]])
        let asked = request(dry: true)
        var plan = try await world.call(OnboardingAPI.publishRows, asked, as: world.agent).results
        #expect(plan.map(\.outcome) == ["created", "created", "updated"])
        #expect(plan.allSatisfy { !$0.key.isEmpty && !$0.content.isEmpty })
        let came = try await world.publish("location", ["name", "city"], [["LINZ", "elsewhere"]]).results[0]
        let sent = request(dry: false, plan)
        let results = try await world.call(OnboardingAPI.publishRows, sent, as: world.agent).results
        #expect(results.map(\.outcome) == ["moved", "created", "updated"])
        // What a plan names for another row is not this row's record.
        plan[1].targetRecord = came.targetRecord
        plan[1].etag = came.etag
        let swapped = request(dry: false, plan)
        let again = try await world.call(OnboardingAPI.publishRows, swapped, as: world.agent).results
        #expect(again[1].outcome == "moved")
    }

    @Test func whatKeepsOneKeepsNoOther() async throws {
        let world = try await World()
        let results = try await published(world)
        // One is changed since, one is referred to.
        let changed = try await world.publish("location", ["name", "city"], [["Site 7", "Graz"]])
        #expect(changed.results.map(\.outcome) == ["updated"])
        _ = try await world.publish("install_base_item", ["name", "location"], [["I1", "Site 9"]])
        var request = UnpublishRowsRequest()
        request.targetTable = "location"
        request.account = world.account.id
        request.rows = results.reversed().map { result in
            var row = UnpublishRow()
            row.rowID = result.rowID
            row.targetRecord = result.targetRecord
            row.wasCreated = true
            row.fields = result.fields
            row.publishedAt = world.server.database.clock.now
            return row
        }
        var asker = world.agent
        asker.actor = "service:import-validation"
        let answers = try await world.call(OnboardingAPI.unpublishRows, request, as: asker).results
        #expect(answers.filter { $0.outcome == "kept" }.map(\.rowID) == ["8", "6"])
        let gone = answers.filter { $0.outcome == "undone" }.count
        #expect(gone == Self.count - 2)
        let ids = results.map(\.targetRecord)
        let kept = [results[6].targetRecord, results[8].targetRecord]
        let left = try await world.server.admin.run(
            "SELECT id FROM onboarding.location WHERE id = ANY(\(ids)::uuid[])")
        #expect(Set(try left.map { try $0.string(at: 0) }) == Set(kept))
        let removed = Array(ids.filter { !kept.contains($0) }.reversed())
        #expect(try await events(world, "deleted", ids) == removed, "the last row first")
    }
}
