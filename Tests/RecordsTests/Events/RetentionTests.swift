import NATS
import Postgres
import RPC
import Records
import ServiceTestKit
import TestKit
import Testing
import Wire

/// Outbox, inbox and stored answers do not grow for ever, and nothing goes that somebody may still need.
@Suite(.serialized, .timeLimit(.minutes(15))) struct RetentionTests {
    private static let day: Int64 = 86_400

    /// Rows of three tables that are `age` seconds old; every name ends in `name`.
    private func insert(_ bench: Workbench, _ name: String, age: Int64, domain: String = "/provider/") async throws {
        let at = "to_timestamp(\(bench.clock.now.seconds - age))"
        let id = RecordID.derived(from: name)
        try await bench.psql(
            """
            INSERT INTO customer_success.request_log
                (caller, request_id, domain, method, request_hash, response, created_at)
                VALUES ('alice', '\(name)', '\(domain)', 'M', '', '', \(at));
            INSERT INTO customer_success.inbox (consumer, event_id, domain, at)
                VALUES ('\(name)', '\(id)', '\(domain)', \(at));
            INSERT INTO customer_success.outbox (event_id, domain, subject, record, payload, created_at, sent_at)
                VALUES ('\(id)', '\(domain)', '\(name)', '\(id)', '', \(at), \(at));
            """)
    }

    private func names(_ bench: Workbench, _ table: String, _ column: String) async throws -> Set<Substring> {
        Set(try await bench.psql("SELECT \(column) FROM customer_success.\(table)").split(separator: "\n"))
    }

    @Test func whatIsOldGoesAndWhatIsYoungStays() async throws {
        let bench = try await Workbench.make()
        let retention = Retention(bench.database)
        for (name, age) in [("now", 0), ("7", 7), ("31", 31), ("62", 62)] as [(String, Int64)] {
            try await insert(bench, "just " + name, age: age * Self.day - 1)
            try await insert(bench, "past " + name, age: age * Self.day + 1, domain: "/provider/d\(age)/")
        }
        #expect(try await retention.removeExpired() == ["request_log": 5, "outbox": 3, "inbox": 1])
        let all: Set<Substring> = [
            "just now", "past now", "just 7", "past 7", "just 31", "past 31", "just 62", "past 62",
        ]
        #expect(try await names(bench, "request_log", "request_id") == ["just now", "past now", "just 7"])
        #expect(
            try await names(bench, "outbox", "subject") == all.subtracting(["past 31", "just 62", "past 62"]))
        #expect(try await names(bench, "inbox", "consumer") == all.subtracting(["past 62"]))
        // Once more there is nothing to do; two seconds later what was just young is old.
        #expect(try await retention.removeExpired() == [:])
        bench.clock.advance(seconds: 2)
        #expect(try await retention.removeExpired() == ["request_log": 1, "outbox": 1, "inbox": 1])
        await bench.close()
    }

    /// A file that nobody goes on sending goes after a day, with its parts; one that has arrived stays.
    @Test func attachmentsThatNeverArriveGo() async throws {
        let bench = try await Workbench.make()
        for (name, isComplete, age) in [
            ("abandoned", false, Self.day + 1), ("young", false, Self.day - 1), ("arrived", true, 400 * Self.day),
        ] as [(String, Bool, Int64)] {
            let id = RecordID.derived(from: name)
            try await bench.psql(
                """
                INSERT INTO customer_success.attachment
                    (id, table_name, record, domain, file_name, size_bytes, complete, created_at, created_by)
                    VALUES ('\(id)', 't', '\(id)', '/provider/', '\(name)', 1, \(isComplete),
                    to_timestamp(\(bench.clock.now.seconds - age)), 'x');
                INSERT INTO customer_success.attachment_part (attachment, position, domain, content)
                    VALUES ('\(id)', 0, '/provider/', 'x');
                """)
        }
        #expect(try await Retention(bench.database).removeExpired() == ["attachment": 1])
        #expect(try await names(bench, "attachment", "file_name") == ["young", "arrived"])
        #expect(try await names(bench, "attachment_part", "count(*)") == ["2"])
        await bench.close()
    }

    /// However old: an event that nobody has got is kept, and one that was sent again lately too. So is the journal.
    @Test func theUnsentAndTheAuditStay() async throws {
        let bench = try await Workbench.make()
        for name in ["unsent", "sent again", "sent long ago"] { try await insert(bench, name, age: 400 * Self.day) }
        _ = try await bench.create("journaled")
        try await bench.psql(
            """
            UPDATE customer_success.outbox SET sent_at = NULL WHERE subject = 'unsent';
            UPDATE customer_success.outbox SET sent_at = to_timestamp(\(bench.clock.now.seconds - 30 * Self.day))
                WHERE subject = 'sent again';
            UPDATE customer_success.journal SET at = to_timestamp(0);
            """)
        _ = try await Retention(bench.database).removeExpired()
        let left = try await names(bench, "outbox", "subject")
        #expect(left.count == 3 && left.isSuperset(of: ["unsent", "sent again"]) && !left.contains("sent long ago"))
        #expect(try await bench.count("customer_success.journal") == 1)
        await bench.close()
    }

    @Test func batchesAreBounded() async throws {
        let bench = try await Workbench.make()
        try await bench.psql(
            """
            CREATE TABLE public.gone (transaction bigint, rows bigint);
            CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
                $$ BEGIN INSERT INTO public.gone SELECT txid_current(), count(*) FROM old; RETURN NULL; END $$;
            CREATE TRIGGER note AFTER DELETE ON customer_success.inbox REFERENCING OLD TABLE AS old
                FOR EACH STATEMENT EXECUTE FUNCTION public.note();
            INSERT INTO customer_success.inbox (consumer, event_id, domain, at)
                SELECT 'c', gen_random_uuid(), '/provider/', to_timestamp(n) FROM generate_series(1, 35) n;
            """)
        #expect(try await Retention(bench.database, batch: 10).removeExpired() == ["inbox": 35])
        let steps = try await bench.psql("SELECT rows FROM public.gone ORDER BY transaction")
        #expect(steps == "10\n10\n10\n5")
        #expect(try await bench.count("(SELECT DISTINCT transaction FROM public.gone) t") == 4)
        // The oldest go first, and two at a time do each other no harm.
        try await bench.psql(
            """
            INSERT INTO customer_success.inbox (consumer, event_id, domain, at)
                SELECT 'c', gen_random_uuid(), '/provider/', to_timestamp(n) FROM generate_series(1, 400) n
            """)
        let retention = Retention(bench.database, batch: 7)
        async let one = retention.removeExpired()
        async let other = retention.removeExpired()
        _ = try await (one, other)
        #expect(try await retention.removeExpired() == [:])
        #expect(try await bench.count("customer_success.inbox") == 0)
        await bench.close()
    }

    /// The rows are found by an index: a look at a large table that holds nothing old costs next to nothing.
    @Test func eachTableHasItsIndex() async throws {
        let bench = try await Workbench.make()
        let ages = "to_timestamp(\(bench.clock.now.seconds) - n) FROM generate_series(1, 20000) n"
        try await bench.psql(
            """
            INSERT INTO customer_success.request_log
                (caller, request_id, domain, method, request_hash, response, created_at)
                SELECT 'alice', n, '/provider/', 'M', '', '', \(ages);
            INSERT INTO customer_success.inbox (consumer, event_id, domain, at)
                SELECT 'c', gen_random_uuid(), '/provider/', \(ages);
            INSERT INTO customer_success.outbox (event_id, domain, subject, record, payload, sent_at)
                SELECT gen_random_uuid(), '/provider/', 's', gen_random_uuid(), '', \(ages);
            ANALYZE customer_success.request_log, customer_success.inbox, customer_success.outbox;
            """)
        let indexes = [
            ("request_log", "created_at", "request_log_age"), ("outbox", "sent_at", "outbox_sent"),
            ("inbox", "at", "inbox_age"),
        ]
        for (table, column, index) in indexes {
            let isOver = "\(column) < to_timestamp(\(bench.clock.now.seconds - 40_000))"
            let plan = try await bench.psql(
                """
                SET ROLE ale_customer_success;
                SET ale.scope_lower = '/'; SET ale.scope_upper = '0'; SET ale.ancestors = '{}';
                EXPLAIN DELETE FROM customer_success.\(table) WHERE \(isOver) AND ctid = ANY (ARRAY(
                SELECT ctid FROM customer_success.\(table) WHERE \(isOver) ORDER BY \(column) LIMIT 5000))
                """)
            #expect(plan.contains(index) && !plan.contains("Seq Scan"), "\(table): \(plan)")
        }
        await bench.close()
    }

    /// Within the time the same answer, after it a new request.
    @Test func anAnswerIsKeptForItsTime() async throws {
        let bench = try await Workbench.make(poolSize: 2)
        let retention = Retention(bench.database)
        let first = try await bench.perform(create: .draft("once"), requestID: "r-1")
        bench.clock.advance(seconds: 7 * Self.day - 1)
        _ = try await retention.removeExpired()
        #expect(try await bench.perform(create: .draft("once"), requestID: "r-1") == first)
        bench.clock.advance(seconds: 2)
        #expect(try await retention.removeExpired()["request_log"] == 1)
        #expect(try await bench.perform(create: .draft("twice"), requestID: "r-1").id != first.id)
        await bench.close()
    }

    /// A stream that is lost after retention is rebuilt with all that the lost one could still have held; what comes
    /// again is known, and remembered anew.
    @Test func aRebuiltStreamHasWhatTheLostOneHad() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        helpers.add(events.consume("effects", leadership))
        let bench = events.bench
        let old = try await bench.create("old")
        _ = try await bench.create("young")
        #expect(try await events.verdict() == EventBench.allWell)
        try await events.waitUntilSent()
        // The clock of the bench is long before that of the server: what is 32 and 29 days old by it.
        func age(_ days: Int64) -> String { "to_timestamp(\(bench.clock.now.seconds - days * Self.day))" }
        try await bench.psql(
            """
            UPDATE customer_success.outbox SET sent_at = CASE record WHEN '\(old.id)' THEN \(age(32)) ELSE \(age(29)) END;
            UPDATE customer_success.inbox SET at = \(age(61));
            """)
        let retention = Retention(bench.database)
        #expect(try await retention.removeExpired() == ["outbox": 1])
        try await events.jetStream.deleteStream(EventStream.name)
        try await waitUntil("the stream is filled again") {
            (try? await events.jetStream.streamInfo(EventStream.name))?.messages == 1
        }
        try await waitUntil("what came again is remembered anew") {
            try await bench.count("customer_success.inbox WHERE at > now() - interval '1 hour'") == 1
        }
        bench.clock.advance(seconds: 2 * Self.day)
        #expect(try await retention.removeExpired() == ["inbox": 1], "of the event that cannot come again")
        #expect(try await bench.count("customer_success.effect") == 2)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }
}
