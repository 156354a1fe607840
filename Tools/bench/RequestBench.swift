import CampaignKit
import CustomerSuccessWire
import Foundation
import JourneyKit
import NATS
import Postgres
import RPC
import Records
import TestKit
import Wire

/// Reading and creating by RPC, against the C libraries and pgbench doing the same statements.
struct RequestBench {
    let stack: BenchStack
    let engagement: Engagement
    let touchpoint: Touchpoint
    let credential: Credential

    /// One record by RPC, 64 in flight, against a bare libnats responder with the same prepared select.
    func read() async throws -> Figure {
        let client = Client(NATSTransport(stack.connection))
        var request = GetRequest()
        request.id = touchpoint.id
        let get = request
        let credential = credential
        let rpc: @Sendable (Int) async throws -> Void = { _ in
            _ = try await client.call(CustomerSuccessAPI.getTouchpoint, get, as: credential)
        }
        let columns = Touchpoint.schema.fields.filter {
            ![.journal, .attachment].contains($0.type) && !["etag", "days_remaining"].contains($0.name)
        }
        let selection = (["revision"] + columns.map { "\"\($0.name)\"" }).joined(separator: ", ")
        let sql = "SELECT \(selection) FROM customer_success.touchpoint WHERE id = $1"
        let responder = try Floor(
            [
                "respond", stack.natsURL, "admin", BenchStack.secret(stack.folder, "nats-admin"),
                stack.connectionString("ale_customer_success"), "ale.v1.customer-success.floor.read", sql, "8",
            ])
        defer { responder.stop() }
        try responder.awaitReady()
        let id = Array(touchpoint.id.utf8)
        let connection = stack.connection
        let bare: @Sendable (Int) async throws -> Void = { _ in
            _ = try await connection.request(
                "ale.v1.customer-success.floor.read", headers: Headers(), payload: id, timeout: .seconds(10))
        }
        _ = try await throughput(inFlight: 64, seconds: 1, rpc)
        _ = try await throughput(inFlight: 64, seconds: 1, bare)
        // Alternating, so that a change of the machine's mood touches both.
        var ours = 0.0
        var floor = 0.0
        for _ in 1...3 {
            ours += try await throughput(inFlight: 64, seconds: 2, rpc) / 3
            floor += try await throughput(inFlight: 64, seconds: 2, bare) / 3
        }
        return .rate("read one record by RPC, 64 in flight", ours, floor: floor, unit: "/s", aim: 0.6)
    }

    /// A touchpoint created by RPC, 16 in flight, against pgbench running the same SQL.
    func create() async throws -> Figure {
        let client = Client(NATSTransport(stack.connection))
        var creation = CreateTouchpointRequest()
        creation.touchpoint = .weekly(of: engagement.id)
        let request = creation
        let credential = credential
        let rpc: @Sendable (Int) async throws -> Void = { _ in
            _ = try await client.call(CustomerSuccessAPI.createTouchpoint, request, as: credential)
        }
        _ = try await throughput(inFlight: 16, seconds: 1, rpc)
        var ours = 0.0
        var floor = 0.0
        for _ in 1...3 {
            ours += try await throughput(inFlight: 16, seconds: 3, rpc) / 3
            floor += try await pgbench(transactionsPerClient: 400) / 3
        }
        return .rate("create a touchpoint by RPC, 16 in flight", ours, floor: floor, unit: "/s", aim: 0.6)
    }

    /// Transactions per second of pgbench with the statements that creating a touchpoint sends.
    ///
    /// A number of transactions, not a time: a child of a Swift process starts with signals blocked, and pgbench would
    /// never hear its alarm.
    private func pgbench(transactionsPerClient: Int) async throws -> Double {
        let script = "\(stack.folder)/create.sql"
        try createScript().write(toFile: script, atomically: true, encoding: .utf8)
        let connection = try stack.connectionString("ale_customer_success")
        let password = try BenchStack.secret(stack.folder, "postgres-ale_customer_success")
        let output = try await Command.run(
            "/usr/lib/postgresql/15/bin/pgbench",
            [
                "-n", "-M", "prepared", "-c", "16", "-j", "2", "-t", "\(transactionsPerClient)", "-f", script,
                connection,
            ],
            environment: ["PGPASSWORD": password])
        guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("tps = ") }),
            let tps = Double(line.dropFirst("tps = ".count).prefix { $0.isNumber || $0 == "." })
        else { throw JourneyFailure("pgbench said: \(output)") }
        return tps
    }

    private func createScript() throws -> String {
        var event = RecordEvent()
        event.record = try touchpoint.encodeProtobuf()
        event.id = touchpoint.id
        event.domain = touchpoint.domain
        let payload = try event.encodeProtobuf().map { String(format: "%02x", $0) }.joined()
        let domain = touchpoint.domain
        let user = "c"
        return """
            BEGIN;
            SELECT set_config('ale.scope_lower', '/provider/', true), set_config('ale.scope_upper', '/provider0', true), \
            set_config('ale.ancestors', '{/,/provider/}', true), set_config('statement_timeout', '10000', true);
            SELECT id, domain, account FROM customer_success.engagement WHERE id = '\(engagement.id)' FOR KEY SHARE;
            SELECT nextval('customer_success.touchpoint_number'::regclass);
            WITH written AS (INSERT INTO customer_success.touchpoint (revision, id, created_at, created_by, updated_at, updated_by, \
            domain, number, account, engagement, squad, state, progress, priority, product_related, subject, watch_list, \
            work_notes_list, description, meeting_date, meeting_type, active) VALUES (1, gen_random_uuid(), now(), '\(user)', \
            now(), '\(user)', '\(domain)', 'BENCH' || gen_random_uuid(), '\(engagement.account ?? "")', '\(engagement.id)', '{}', \
            'new', 'not_started', 4, false, 'Weekly check-in', '{}', '{}', 'What went well, what did not, what is next.', \
            '2027-02-01', 'weekly_status', true)), journaled AS (INSERT INTO customer_success.journal (id, table_name, record, \
            domain, at, by, kind, fields, old_values, new_values) VALUES (gen_random_uuid(), 'touchpoint', gen_random_uuid(), \
            '\(domain)', now(), '\(user)', 'created', '{}', '{}', '{}')) INSERT INTO customer_success.outbox (event_id, domain, \
            subject, record, trace, payload, sent_at) VALUES (gen_random_uuid(), '\(domain)', 'ale.v1.events.bench', \
            gen_random_uuid(), null, '\\x\(payload)', now());
            COMMIT;
            """
    }
}

/// The program `floor`, running beside.
final class Floor {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "\(BenchStack.programs)/floor")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func awaitReady() throws {
        let line = output.fileHandleForReading.availableData
        guard String(decoding: line, as: UTF8.self).hasPrefix("ready") else {
            throw JourneyFailure("the floor did not start")
        }
    }

    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
