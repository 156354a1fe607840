import Foundation
import Glibc
import Identity
import NATS
import Postgres
import Synchronization
import TestKit
import Testing

/// Instances of a real service as processes, which can be frozen and told to end.
@Suite(.serialized, .timeLimit(.minutes(15))) struct InstanceTests {
    /// Where the instances run: a database, a nats-server, keys.
    struct Place {
        let database: String
        let server: PostgresServer
        let nats: NATSServer
        let folder: String
        let admin: Pool

        static func make() async throws -> Place {
            let all = try await ServiceSchemas.shared.value
            let database = "instances_\(UInt64.random(in: 0...UInt64.max))"
            try await all.copy(database)
            let folder = NSTemporaryDirectory() + database
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Issuer.generateKey(keyFile: folder + "/key", keySetFile: folder + "/jwks.json")
            return Place(
                database: database, server: all.server, nats: try await NATSServer.start(), folder: folder,
                admin: try Pool(
                    PoolConfiguration(connectionString: all.server.connectionString(database: database), size: 2)))
        }

        /// Starts an instance of customer-success.
        func start(_ name: String, _ more: [String: String] = [:]) throws -> ChildProcess {
            let settings = [
                "ALE_POSTGRES_HOST": server.directory, "ALE_POSTGRES_PORT": String(server.port),
                "ALE_POSTGRES_DATABASE": database, "ALE_NATS_URL": nats.url, "ALE_JWKS_FILE": folder + "/jwks.json",
                "ALE_SERVICE_KEY_FILE": folder + "/key", "ALE_READY_FILE": ready(name), "ALE_LOG_FORMAT": "plain",
            ].merging(more) { $1 }
            let program = Bundle.main.bundleURL.appendingPathComponent("customer-success").path
            return try ChildProcess(
                "/usr/bin/env", settings.map { "\($0)=\($1)" } + [program, "serve"], log: log(name))
        }

        func ready(_ name: String) -> String { "\(folder)/\(name).ready" }

        private func log(_ name: String) -> String { "\(folder)/\(name).log" }

        func text(_ name: String) -> String { (try? String(contentsOfFile: log(name), encoding: .utf8)) ?? "" }

        func isReady(_ name: String) -> Bool { FileManager.default.fileExists(atPath: ready(name)) }

        /// How often the leader has changed.
        func leaders() async throws -> Int {
            try await admin.run("SELECT coalesce(max(number), 0) FROM customer_success.leader")[0].int(at: 0)
        }

        func unsent() async throws -> Int {
            try await admin.run("SELECT count(*) FROM customer_success.outbox WHERE sent_at IS NULL")[0].int(at: 0)
        }

        /// Adds the event `number` of each of a few records.
        func write(_ number: Int) async throws {
            _ = try await admin.run(
                """
                INSERT INTO customer_success.outbox (event_id, domain, subject, record, payload) \
                SELECT gen_random_uuid(), '/', 'ale.v1.events.root.customer-success.probe.r' || record, \
                ('00000000-0000-4000-8000-00000000000' || record)::uuid, convert_to(\(String(number)), 'UTF8') \
                FROM generate_series(0, 4) record
                """)
        }

        /// The numbers of each record's events, as the stream has them.
        func stream() async throws -> [String: [Int]] {
            let connection = try await Connection.connect(ConnectionOptions(urls: [nats.url], name: "reader"))
            let jetStream = JetStream(connection)
            try await jetStream.ensureConsumer(
                ConsumerConfiguration(
                    name: "reader", filterSubject: "ale.v1.events.*.customer-success.probe.*"), on: "ALE_EVENTS")
            let consumer = try jetStream.consumer("reader", on: "ALE_EVENTS")
            var numbers: [String: [Int]] = [:]
            while true {
                let messages = try await consumer.fetch(batch: 500, timeout: .milliseconds(500))
                guard !messages.isEmpty else { break }
                for message in messages {
                    let number = Int(String(decoding: message.message.payload, as: UTF8.self)) ?? -1
                    numbers[message.message.subject, default: []].append(number)
                    try message.ack()
                }
            }
            await connection.close()
            return numbers
        }

        func close() async throws {
            await admin.close()
            try await nats.stop()
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    /// The leader is frozen in the middle of its work: within ten seconds the other instance does it. Woken, the first
    /// finds that it no longer leads, and no event is sent twice or behind a later one. Then the other way round.
    @Test func aFrozenLeaderIsReplaced() async throws {
        let place = try await Place.make()
        var leader = try place.start("first")
        try await until("the first is ready") { place.isReady("first") }
        try await until("the first leads") { try await place.leaders() == 1 }
        var follower = try place.start("second")
        try await until("the second is ready") { place.isReady("second") }
        let last = Mutex(0)
        let writing = Task {
            while !Task.isCancelled {
                try await place.write(last.withLock { $0 + 1 })
                last.withLock { $0 += 1 }
                // Slower than a relay is on a busy machine: what is measured is who relays.
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        for round in 1...2 {
            try await until("there is work") { last.withLock { $0 } > 20 * round }
            kill(leader.pid, SIGSTOP)
            let start = ContinuousClock.now
            try await until("another leads") { try await place.leaders() == round + 1 }
            // What was written when it froze is sent, and goes on being.
            let then = last.withLock { $0 }
            try await until("what was written is sent") {
                try await place.admin.run(
                    """
                    SELECT count(*) FROM customer_success.outbox WHERE sent_at IS NULL \
                    AND convert_from(payload, 'UTF8')::int <= \(then)
                    """)[0].int(at: 0) == 0
            }
            let time = start.duration(to: .now)
            #expect(time < .seconds(10), "round \(round)")
            kill(leader.pid, SIGCONT)
            swap(&leader, &follower)
            let woken = last.withLock { $0 }
            try await until("both run on") { last.withLock { $0 } > woken + 20 }
        }
        writing.cancel()
        _ = try? await writing.value
        try await until("all is sent") { try await place.unsent() == 0 }
        let stream = try await place.stream()
        #expect(stream.count == 5)
        for (subject, numbers) in stream {
            #expect(numbers == Array(1...last.withLock { $0 }), "\(subject)")
        }
        #expect(leader.isRunning && follower.isRunning)
        for process in [leader, follower] { process.terminate(SIGTERM) }
        #expect(leader.exitStatus == 0 && follower.exitStatus == 0)
        try await place.close()
    }

    /// A service that waits for NATS says so, and ends in order when it is told to.
    @Test func whoWaitsCanBeToldToEnd() async throws {
        let place = try await Place.make()
        let waiting = try place.start("waiting", ["ALE_NATS_URL": "nats://127.0.0.1:1"])
        try await until("it says that it waits") { place.text("waiting").contains("waiting for NATS") }
        #expect(waiting.isRunning && !place.isReady("waiting"))
        let start = ContinuousClock.now
        waiting.terminate(SIGTERM)
        #expect(start.duration(to: .now) < .seconds(5))
        #expect(waiting.exitStatus == 0)
        // Nobody is waited for who says no.
        let refused = try place.start("refused", ["ALE_POSTGRES_USER": "ale_nobody"])
        try await until("it ends") { !refused.isRunning }
        #expect(refused.exitStatus == 78)
        #expect(place.text("refused").contains("ALE_POSTGRES_USER"))
        try await place.close()
    }

    private func until(
        within bound: Duration = .seconds(30), _ what: String, _ isTrue: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + bound
        while try await !isTrue() {
            guard ContinuousClock.now < deadline else { throw ProgramFailure(description: "not in time: \(what)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
