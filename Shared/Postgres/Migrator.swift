/// Brings a schema to the state its migrations describe, before the service starts.
///
/// Runs under an advisory lock, so any number of instances may start at once. What was applied stands in
/// `<schema>.schema_migration` with the SHA-256 of its text; a file changed since then stops everything.
///
/// What several schemas share can grow after each of them has gone on with numbers of its own: such migrations are a
/// second series, the *ground*, numbered from 2 and recorded in `<schema>.ground_migration`. They are applied behind
/// the first migration of the schema and before its others.
public struct Migrator: Sendable {
    /// Migrations that count for themselves.
    private struct Series: Sendable {
        /// The table that says which are applied.
        let table: String
        /// Stands before the file's name where it is told.
        var folder = ""
        /// The first one's number.
        var first = 1
        let migrations: [Migration]

        func name(_ migration: Migration) -> String { folder + migration.fileName }
    }

    /// What is read of the table of a series.
    private enum Column: String {
        case number, name, checksum, sum
    }

    private let connectionString: String
    private let schema: String
    private let own: Series
    private let ground: Series
    private let timeout: Duration

    /// - Parameters:
    ///   - connectionString: as the owner of the schema, who may create it.
    ///   - migrations: those of the schema itself, from 1.
    ///   - ground: those of the second series, from 2.
    ///   - timeout: for waiting for a table, and for each statement of the migrator's own; a migration may work twelve times as
    ///     long.
    public init(
        connectionString: String, schema: String, migrations: [Migration], ground: [Migration] = [],
        timeout: Duration = .seconds(300)
    ) throws(PostgresError) {
        try checkConnectionString(connectionString)
        own = Series(table: "schema_migration", migrations: migrations)
        self.ground = Series(table: "ground_migration", folder: "ground/", first: 2, migrations: ground)
        for series in [own, self.ground] { try Migration.check(series.migrations, from: series.first) }
        self.connectionString = connectionString
        self.schema = schema
        self.timeout = timeout
    }

    /// Applies what is missing, each migration in a transaction of its own; answers the names of those applied now.
    ///
    /// Throws `.migration` when an applied one has changed, or the database is ahead of this program; a refused
    /// statement is named by file and line.
    public func migrate() async throws(PostgresError) -> [String] {
        let settings = ConnectionSettings.session(connectionString, "migrator \(schema)", timeout: patience)
        return try await onOwnThread("pg-migrate") { [self] in
            do throws(PostgresError) {
                let connection = try PostgresConnection(settings)
                // The lock ends with the session, whatever happens.
                _ = try connection.execute(
                    "SELECT pg_advisory_lock(hashtextextended('ale.migrate.' || \(schema), 0))", timeout: patience)
                return .success(try applyMissing(connection))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Makes sure, as the service's own role, that the schema is exactly as this program expects.
    public func verify() async throws(PostgresError) {
        let settings = ConnectionSettings.session(connectionString, "verify \(schema)", timeout: .seconds(10))
        try await onOwnThread("pg-verify") { [self] in
            do throws(PostgresError) {
                let connection = try PostgresConnection(settings)
                for series in [own, ground] where !series.migrations.isEmpty {
                    let (count, all) = (try checkApplied(series, connection), series.migrations.count)
                    guard count == all else {
                        throw PostgresError(
                            .migration,
                            "schema \(schema) is behind: \(count) of \(all) migrations are applied; "
                                + "the next is \(series.name(series.migrations[count])). Run the migrations first.")
                    }
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
    }

    // MARK: Steps

    /// To index the words of a million records takes longer than anything should wait for: see deploy/README.md.
    private var patience: Duration { timeout * 12 }

    private func table(_ series: Series) -> SQL { "\(identifier: schema).\(identifier: series.table)" }

    private func applyMissing(_ connection: PostgresConnection) throws(PostgresError) -> [String] {
        // Looked for first: IF NOT EXISTS asks for the right to create even when there is nothing to do.
        let known = try connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = \(schema)", timeout: timeout)
        if known.isEmpty { _ = try connection.execute("CREATE SCHEMA \(identifier: schema)", timeout: timeout) }
        var names: [String] = []
        let applied = try prepare(own, connection)
        try apply(own.migrations.prefix(1).dropFirst(applied), of: own, connection, &names)
        if !ground.migrations.isEmpty {
            let grounded = try prepare(ground, connection)
            try apply(ground.migrations.dropFirst(grounded), of: ground, connection, &names)
        }
        try apply(own.migrations.dropFirst(max(applied, 1)), of: own, connection, &names)
        return names
    }

    /// Makes sure of the table of a series; answers how many of it are applied.
    private func prepare(_ series: Series, _ connection: PostgresConnection) throws(PostgresError) -> Int {
        _ = try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS \(table(series)) (number int4 PRIMARY KEY CHECK (number > 0), \
            name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
            """, timeout: timeout)
        // Services verify with their own roles; who may not use the schema still cannot read it.
        _ = try connection.execute("GRANT SELECT ON \(table(series)) TO PUBLIC", timeout: timeout)
        return try checkApplied(series, connection)
    }

    /// Compares what was applied with this program's migrations; answers how many are applied.
    private func checkApplied(_ series: Series, _ connection: PostgresConnection) throws(PostgresError) -> Int {
        let migrations = series.migrations
        let rows: Rows
        do throws(PostgresError) {
            rows = try connection.execute(
                "SELECT number, name, checksum FROM \(table(series)) ORDER BY number", timeout: timeout)
        } catch {
            // The second series begins when the first has long begun.
            if error.sqlState == "42P01", series.table == ground.table { return 0 }
            // 42P01, 3F000: no such table or schema.
            guard error.sqlState == "42P01" || error.sqlState == "3F000" else { throw error }
            throw PostgresError(.migration, "schema \(schema) has never been migrated. Run the migrations first.")
        }
        guard rows.count <= migrations.count else {
            let name = try rows[migrations.count].string(Column.name)
            throw PostgresError(
                .migration,
                "schema \(schema) is ahead: it has \(rows.count) migrations (\(name) is unknown here), "
                    + "this program knows \(migrations.count). Use a newer program.")
        }
        for (row, migration) in zip(rows, migrations) {
            guard try row.int(Column.number) == migration.number else {
                throw PostgresError(
                    .migration, "\(schema).\(series.table) has a gap before \(series.name(migration))")
            }
            guard try row.string(Column.checksum) == checksum(migration, connection) else {
                throw PostgresError(
                    .migration,
                    "\(series.name(migration)) has changed since it was applied to schema \(schema). "
                        + "Restore it and write the change as a new migration.")
            }
        }
        return rows.count
    }

    private func checksum(_ migration: Migration, _ connection: PostgresConnection) throws(PostgresError) -> String {
        let sql: SQL = "SELECT encode(sha256(\(Array(migration.sql.utf8))::bytea), 'hex') AS sum"
        return try connection.execute(sql, timeout: timeout)[0].string(Column.sum)
    }

    private func apply(
        _ migrations: ArraySlice<Migration>, of series: Series, _ connection: PostgresConnection,
        _ names: inout [String]
    ) throws(PostgresError) {
        for migration in migrations {
            try apply(migration, of: series, connection)
            names.append(series.name(migration))
        }
    }

    private func apply(
        _ migration: Migration, of series: Series, _ connection: PostgresConnection
    ) throws(PostgresError) {
        let sum = try checksum(migration, connection)
        _ = try connection.execute("BEGIN", timeout: timeout)
        do throws(PostgresError) {
            // Work may take its time; who holds a table that it needs may not.
            let wait = String(timeout.postgresMilliseconds)
            _ = try connection.execute("SELECT set_config('lock_timeout', \(wait), true)", timeout: timeout)
            var limit = Limit(deadline: .after(patience))
            try connection.script(migration.sql, &limit)
            guard connection.isInTransaction else {
                throw PostgresError(.migration, "it ends its own transaction; leave out COMMIT and ROLLBACK")
            }
            _ = try connection.execute(
                """
                INSERT INTO \(table(series)) (number, name, checksum) \
                VALUES (\(migration.number), \(migration.name), \(sum))
                """, timeout: timeout)
            _ = try connection.execute("COMMIT", timeout: timeout)
            // A SET of one file must not reach the next.
            try connection.script("RESET ROLE; RESET ALL", &limit)
        } catch {
            // The connection is closed after this, and the transaction ends with it.
            var failure = error
            let line = error.position.map { " line \(Self.line(of: $0, in: migration.sql))" } ?? ""
            failure.kind = error.kind == .server ? .migration : error.kind
            failure.message = "\(series.name(migration))\(line): \(error.message)"
            throw failure
        }
    }

    /// The line of a position in characters, from 1.
    private static func line(of position: Int, in text: String) -> Int {
        text.unicodeScalars.prefix(position - 1).count { $0 == "\n" } + 1
    }
}
