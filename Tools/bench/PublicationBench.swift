import JourneyKit
import Postgres
import RPC
import Wire
import Workbook

/// Plan, publication and undo of 100,000 rows through the services. The floor of the publication is what Postgres takes to
/// merge as many staged rows into a table like the target's; that of plan and undo is the publication itself.
struct PublicationBench {
    private static let rows = 100_000
    private static let target = "location"

    let stack: BenchStack
    let journey: Journey

    /// `tell` is told of each figure when it is measured.
    func measure(_ tell: (Figure) -> Void) async throws {
        let path = "\(stack.folder)/publication.xlsx"
        let writer = try WorkbookWriter(
            path: path, sheet: "Location",
            columns: ["Name", "Account", "Street", "City", "Postal code"].map { WorkbookColumn(label: $0, kind: .text) }
        )
        for row in 1...Self.rows {
            try writer.append([
                "Plant \(row)", journey.accountName, "Street \(row % 900)", "City \(row % 400)", "\(row % 9_000)",
            ])
        }
        try writer.finish()
        let workbook = JourneyWorkbook(path: path, target: Self.target, ready: Int64(Self.rows), attention: 0)
        _ = try await journey.stageOnly(workbook)
        var (plan, publish, undo) = (Comparison(), Comparison(), Comparison())
        var costs = PublicationCosts(stack)
        let rows = Int64(Self.rows)
        for round in 1...Comparison.rounds {
            let planned = try await journey.planOnly(Self.target, rows: rows)
            // In turns before and behind the publication, whose dead rows and pages still to be written the other finds.
            let early = round.isMultiple(of: 2) ? try await merge() : nil
            let published = try await costs.measure(Self.rows) {
                try await journey.publishOnly(Self.target, rows: rows)
            }
            let late = early == nil ? try await merge() : nil
            let undone = try await journey.undoOnly(published.run, of: Self.target, rows: rows)
            publish.add(rate(published.seconds), floor: rate(early ?? late ?? .nan))
            plan.add(rate(planned), floor: rate(published.seconds))
            undo.add(rate(undone), floor: rate(published.seconds))
        }
        try await journey.startOver(workbook)
        tell(.rate("publish \(Self.rows) rows; floor: INSERT … SELECT", publish, unit: "rows/s", atLeast: 0.3))
        for figure in costs.figures { tell(figure) }
        tell(.rate("plan them; floor: publishing them", plan, unit: "rows/s", atLeast: 0.3))
        tell(.rate("undo them; floor: publishing them", undo, unit: "rows/s", atLeast: 0.3))
    }

    private func rate(_ seconds: Double) -> Double { Double(Self.rows) / seconds }

    /// Seconds of one `INSERT … SELECT … ON CONFLICT` of as many staged rows, with the indexes and the reference of the
    /// target.
    private func merge() async throws -> Double {
        let pool = try Pool(
            PoolConfiguration(connectionString: try stack.connectionString("ale_onboarding_owner"), size: 1))
        for statement in [
            "CREATE TABLE onboarding.bench_location (LIKE onboarding.location INCLUDING ALL)",
            "ALTER TABLE onboarding.bench_location ADD FOREIGN KEY (account) REFERENCES onboarding.customer_account",
            """
            CREATE TABLE onboarding.bench_staged AS SELECT n AS row_number, ARRAY['Plant ' || n, \
            \(journey.accountName)::text, 'Street ' || n % 900, 'City ' || n % 400, '', (n % 9000)::text, '', ''] AS cells \
            FROM generate_series(1, \(Self.rows)) AS n
            """,
        ] as [SQL] { _ = try await pool.run(statement) }
        let account = journey.account.id
        let start = ContinuousClock.now
        _ = try await pool.run(
            """
            INSERT INTO onboarding.bench_location AS l (id, revision, created_at, created_by, updated_at, updated_by, domain, \
            name, account, street, city, postal_code) SELECT gen_random_uuid(), 1, now(), 'bench', now(), 'bench', \
            \(journey.account.domain), cells[1], \(account)::uuid, cells[3], cells[4], cells[6] \
            FROM onboarding.bench_staged ORDER BY row_number \
            ON CONFLICT (account, name_alike) DO UPDATE \
            SET revision = l.revision + 1, street = excluded.street, city = excluded.city, \
            postal_code = excluded.postal_code
            """)
        let seconds = start.duration(to: .now) / .seconds(1)
        _ = try await pool.run("DROP TABLE onboarding.bench_location, onboarding.bench_staged")
        await pool.close()
        return seconds
    }
}
