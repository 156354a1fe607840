import CampaignKit
import CustomerSuccessWire
import Foundation
import JourneyKit
import NATS
import RPC
import Records
import TestKit
import Wire

/// Reading and creating by RPC, against a program in C that answers over libnats and sends the same statements by libpq.
struct RequestBench {
    let stack: BenchStack
    let engagement: Engagement
    let touchpoint: Touchpoint
    let credential: Credential

    /// One record, 64 in flight.
    func read() async throws -> [Figure] {
        var request = GetRequest()
        request.id = touchpoint.id
        let get = request
        let ours = try await Asking(as: { client in
            _ = try await client.call(CustomerSuccessAPI.getTouchpoint, get, as: credential)
        })
        let columns = Touchpoint.schema.fields.filter {
            ![.journal, .attachment].contains($0.type) && !["etag", "days_remaining"].contains($0.name)
        }
        let selection = (["revision"] + columns.map { "\"\($0.name)\"" }).joined(separator: ", ")
        let subject = "ale.v1.customer-success.floor.read"
        let floor = try await Floor(
            stack, subject: subject, connections: 8,
            batches: [
                [
                    CreateFloor.scope + ", set_config('transaction_read_only', 'on', true)",
                    "SELECT \(selection) FROM customer_success.touchpoint WHERE id = $1",
                ]
            ])
        defer { floor.stop() }
        return try await compared(
            "read one record", inFlight: 64, atLeast: 0.7, floor, settled: {}, ours,
            Asking(subject, payload: Array(touchpoint.id.utf8)))
    }

    /// A touchpoint created, 16 in flight. What it leaves to the relay is a part of it: both are waited for.
    func create() async throws -> [Figure] {
        let ours = try await creation()
        let statements = CreateFloor(engagement: engagement, touchpoint: touchpoint)
        try await CreateFloor.makeOutbox(stack)
        let subject = "ale.v1.customer-success.floor.create"
        let floor = try await Floor(
            stack, subject: subject, connections: 16, batches: try statements.batches(), outbox: CreateFloor.outbox)
        defer { floor.stop() }
        var figures = try await compared(
            "create a touchpoint", inFlight: 16, atLeast: 1, floor, settled: relayed, ours,
            Asking(subject, payload: try touchpoint.encodeProtobuf()))
        figures.append(try await comparedWithPgbench(statements, ours))
        return figures
    }

    /// What the service holds after so many creates.
    func memory(creates: Int) async throws -> Figure {
        let (creation, connection) = (try await creation(), stack.connection)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask { for _ in 0..<creates / 16 { try await creation.once(connection) } }
            }
            try await group.waitForAll()
        }
        let memory = BenchStack.memory(try stack.pid("customer-success"), "VmRSS") / 1_024
        return .bound("memory of customer-success after \(creates) creates", memory, unit: "MB", under: 40)
    }

    /// A touchpoint of the engagement, each time another.
    func creation() async throws -> Asking {
        var creation = CreateTouchpointRequest()
        creation.touchpoint = .weekly(of: engagement.id)
        let request = creation
        return try await Asking(as: { client in
            _ = try await client.call(CustomerSuccessAPI.createTouchpoint, request, as: credential)
        })
    }

    /// Waits until every event is in the stream.
    private func relayed() async throws {
        while true {
            let waiting = try await stack.psql([
                "-Atc",
                """
                SELECT EXISTS (SELECT FROM customer_success.outbox WHERE sent_at IS NULL) \
                OR EXISTS (SELECT FROM \(CreateFloor.outbox) WHERE sent_at IS NULL)
                """,
            ])
            if waiting.hasPrefix("f") { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The rate with many in flight, the CPU that each process spends on one, and the time of one alone.
    private func compared(
        _ name: String, inFlight: Int, atLeast aim: Double, _ floor: Floor, settled: () async throws -> Void,
        _ asking: Asking, _ askingFloor: Asking
    ) async throws -> [Figure] {
        let connection = stack.connection
        let ours = { @Sendable in try await asking.once(connection) }
        let bare = { @Sendable in try await askingFloor.once(connection) }
        let servers = ["nats-server": try stack.pid("nats"), "postgres": try stack.postmaster()]
        let names = ["service"] + servers.keys.sorted() + ["notifier"]
        let of = ProcessTimes(
            servers.merging(
                ["service": try stack.pid("customer-success"), "notifier": try stack.pid("notifier")]) { $1 })
        let ofFloor = ProcessTimes(
            servers.merging(["service": floor.pid, "notifier": try stack.pid("notifier")]) { $1 })
        var rate = Comparison()
        var alone = Comparison()
        var spent: [String: Comparison] = [:]
        // The first round fills caches and plans.
        for round in 0...Comparison.rounds {
            let seconds = round == 0 ? 1.0 : 3.0
            let first = try await Load.measured(
                inFlight: inFlight, seconds: seconds, processes: of, settled: settled, ours)
            let second = try await Load.measured(
                inFlight: inFlight, seconds: seconds, processes: ofFloor, settled: settled, bare)
            let one = try await Load.measured(inFlight: 1, seconds: 1, processes: of, settled: settled, ours)
            let bareOne = try await Load.measured(inFlight: 1, seconds: 1, processes: ofFloor, settled: settled, bare)
            guard round > 0 else { continue }
            rate.add(first.perSecond, floor: second.perSecond)
            alone.add(1_000 / one.perSecond, floor: 1_000 / bareOne.perSecond)
            for name in names {
                spent[name, default: Comparison()].add(
                    first.milliseconds[name] ?? 0, floor: second.milliseconds[name] ?? 0)
            }
        }
        return [
            .rate("\(name), \(inFlight) in flight", rate, unit: "/s", atLeast: aim), .time("\(name), alone", alone),
        ] + names.compactMap { process in spent[process].map { .time("\(name), CPU of \(process)", $0) } }
    }

    /// The same statements by pgbench, one after the other and without events.
    ///
    /// A number of transactions, not a time: a child of a Swift process starts with signals blocked, and pgbench would
    /// never hear its alarm.
    private func comparedWithPgbench(_ statements: CreateFloor, _ creation: Asking) async throws -> Figure {
        let connection = stack.connection
        let script = "\(stack.folder)/create.sql"
        try statements.script().write(toFile: script, atomically: true, encoding: .utf8)
        let database = try stack.connectionString("ale_customer_success")
        let password = try BenchStack.secret(stack.folder, "postgres-ale_customer_success")
        var comparison = Comparison()
        for _ in 1...Comparison.rounds {
            let load = try await Load.measured(
                inFlight: 16, seconds: 2, processes: ProcessTimes([:]), settled: relayed,
                { try await creation.once(connection) })
            let output = try await Command.run(
                "/usr/lib/postgresql/15/bin/pgbench",
                ["-n", "-M", "prepared", "-c", "16", "-j", "2", "-t", "200", "-f", script, database],
                environment: ["PGPASSWORD": password])
            guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("tps = ") }),
                let tps = Double(line.dropFirst("tps = ".count).prefix { $0.isNumber || $0 == "." })
            else { throw JourneyFailure("pgbench said: \(output)") }
            comparison.add(load.perSecond, floor: tps)
        }
        return .rate("create a touchpoint, against pgbench without events", comparison, unit: "/s")
    }
}
