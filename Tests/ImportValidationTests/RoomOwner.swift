import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// Onboarding as it publishes, with a table of ``MeetingRoom`` in its database: what it does with its own targets it does
/// with a table that has nothing but a declaration.
struct RoomOwner: Sendable {
    private let bench: ServiceBench<Onboarding>
    private let target: PublishTarget
    private let account: String

    /// An owner whose database has the table, and an account of this id and name.
    init(_ account: String, named name: String, in domain: String) async throws {
        bench = try await ServiceBench<Onboarding>(poolSize: 2)
        target = try #require(PublishTarget(MeetingRoom.self))
        self.account = account
        bench.database.register(CustomerAccount.self)
        bench.database.register(MeetingRoom.self)
        let filled = FilledTables.sql(schema: "onboarding", domain: domain, account: account, text: name)
        _ = try await bench.admin.run("\(raw: filled)")
        for statement in MeetingRoom.migration.split(separator: ";\n") {
            _ = try await bench.admin.run("\(raw: String(statement))")
        }
    }

    /// `records.publish`.
    func publish(_ call: Call, _ request: PublishRowsRequest) async throws(Problem) -> PublishRowsResponse {
        let (database, target, account) = (bench.database, target, account)
        return try await database.perform(
            call, OnboardingAPI.publishRows.name, request, requestID: request.requestID, validateOnly: request.dryRun
        ) { tx, context in
            let batch = PublishBatch(
                request: request, account: account, context: context, language: call.language, database: database)
            var response = PublishRowsResponse()
            response.results = try target.publish(batch, tx)
            return response
        }
    }

    /// `records.unpublish`.
    func unpublish(_ call: Call, _ request: UnpublishRowsRequest) async throws(Problem) -> UnpublishRowsResponse {
        let (database, target, account) = (bench.database, target, account)
        let referrers = Referrers(database, OnboardingCatalog.records)
        return try await database.perform(
            call, OnboardingAPI.unpublishRows.name, request, requestID: request.requestID
        ) { tx, context in
            let batch = UnpublishBatch(
                request: request, account: account, context: context, referrers: referrers, database: database)
            var response = UnpublishRowsResponse()
            response.results = try target.unpublish(batch, tx)
            return response
        }
    }

    /// What is in the table, by name: all that a workbook says of a room, and how often it was written.
    func rooms() async throws -> [[String]] {
        let rows = try await bench.admin.run(
            """
            SELECT name, size, seats::text, opens::text, closes::text, currency, revision::text \
            FROM onboarding.meeting_room WHERE account = \(account) ORDER BY name
            """)
        return try rows.map { row in try rows.columns.indices.map { try row.optionalString(at: $0) ?? "" } }
    }

    /// The id of a room.
    func id(of name: String) async throws -> String {
        let rows = try await bench.admin.run("SELECT id::text FROM onboarding.meeting_room WHERE name = \(name)")
        return try #require(try rows.first?.string(at: 0))
    }
}
