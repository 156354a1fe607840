/// Brings a schema to the state its migrations describe, before the service starts.
///
/// Runs under an advisory lock, so any number of instances may start at once. What was applied stands in
/// `<schema>.schema_migration` with the SHA-256 of its text; a file changed since then stops everything.
public struct Migrator: Sendable {
    private let connectionString: String
    private let schema: String
    private let migrations: [Migration]
    private let timeout: Duration

    /// - Parameters:
    ///   - connectionString: as the owner of the schema, who may create it.
    ///   - timeout: for waiting for the lock, and for each migration.
    public init(
        connectionString: String, schema: String, migrations: [Migration], timeout: Duration = .seconds(300)
    ) throws(PostgresError) {
        try checkConnectionString(connectionString)
        try Migration.check(migrations)
        self.connectionString = connectionString
        self.schema = schema
        self.migrations = migrations
        self.timeout = timeout
    }

    /// Applies what is missing, each migration in a transaction of its own; answers the names of those applied now.
    ///
    /// Throws `.migration` when an applied one has changed, or the database is ahead of this program; a refused
    /// statement is named by file and line.
    public func migrate() async throws(PostgresError) -> [String] {
        let settings = ConnectionSettings.session(connectionString, "migrator \(schema)", timeout: timeout)
        return try await onOwnThread("pg-migrate") { [self] in
            do throws(PostgresError) {
                let connection = try Connection(settings)
                // The lock ends with the session, whatever happens.
                _ = try connection.execute(
                    "SELECT pg_advisory_lock(hashtextextended('ale.migrate.' || \(schema), 0))", timeout: timeout)
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
                let connection = try Connection(settings)
                let count = try checkApplied(connection)
                guard count == migrations.count else {
                    throw PostgresError(
                        .migration,
                        "schema \(schema) is behind: \(count) of \(migrations.count) migrations are applied; "
                            + "the next is \(migrations[count].fileName). Run the migrations first.")
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
    }

    // MARK: Steps

    private var table: SQL { "\(identifier: schema).schema_migration" }

    private func applyMissing(_ connection: Connection) throws(PostgresError) -> [String] {
        // Looked for first: IF NOT EXISTS asks for the right to create even when there is nothing to do.
        let known = try connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = \(schema)", timeout: timeout)
        if known.isEmpty { _ = try connection.execute("CREATE SCHEMA \(identifier: schema)", timeout: timeout) }
        _ = try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS \(table) (number int4 PRIMARY KEY CHECK (number > 0), name text NOT NULL, \
            checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
            """, timeout: timeout)
        // Services verify with their own roles; who may not use the schema still cannot read it.
        _ = try connection.execute("GRANT SELECT ON \(table) TO PUBLIC", timeout: timeout)
        let applied = try checkApplied(connection)
        var names: [String] = []
        for migration in migrations[applied...] {
            try apply(migration, connection)
            names.append(migration.fileName)
        }
        return names
    }

    /// Compares what was applied with this program's migrations; answers how many are applied.
    private func checkApplied(_ connection: Connection) throws(PostgresError) -> Int {
        let rows: Rows
        do throws(PostgresError) {
            rows = try connection.execute(
                "SELECT number, name, checksum FROM \(table) ORDER BY number", timeout: timeout)
        } catch {
            // 42P01, 3F000: no such table or schema.
            guard error.sqlState == "42P01" || error.sqlState == "3F000" else { throw error }
            throw PostgresError(.migration, "schema \(schema) has never been migrated. Run the migrations first.")
        }
        guard rows.count <= migrations.count else {
            let name = try rows[migrations.count].string("name")
            throw PostgresError(
                .migration,
                "schema \(schema) is ahead: it has \(rows.count) migrations (\(name) is unknown here), "
                    + "this program knows \(migrations.count). Use a newer program.")
        }
        for (row, migration) in zip(rows, migrations) {
            guard try row.int("number") == migration.number else {
                throw PostgresError(.migration, "\(schema).schema_migration has a gap before \(migration.fileName)")
            }
            guard try row.string("checksum") == checksum(migration, connection) else {
                throw PostgresError(
                    .migration,
                    "\(migration.fileName) has changed since it was applied to schema \(schema). "
                        + "Restore it and write the change as a new migration.")
            }
        }
        return rows.count
    }

    private func checksum(_ migration: Migration, _ connection: Connection) throws(PostgresError) -> String {
        let sql: SQL = "SELECT encode(sha256(\(Array(migration.sql.utf8))::bytea), 'hex') AS sum"
        return try connection.execute(sql, timeout: timeout)[0].string("sum")
    }

    private func apply(_ migration: Migration, _ connection: Connection) throws(PostgresError) {
        let sum = try checksum(migration, connection)
        _ = try connection.execute("BEGIN", timeout: timeout)
        do throws(PostgresError) {
            var limit = Limit(deadline: .after(timeout))
            try connection.script(migration.sql, &limit)
            guard connection.isInTransaction else {
                throw PostgresError(.migration, "it ends its own transaction; leave out COMMIT and ROLLBACK")
            }
            _ = try connection.execute(
                """
                INSERT INTO \(table) (number, name, checksum) \
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
            failure.message = "\(migration.fileName)\(line): \(error.message)"
            throw failure
        }
    }

    /// The line of a position in characters, from 1.
    private static func line(of position: Int, in text: String) -> Int {
        text.unicodeScalars.prefix(position - 1).count { $0 == "\n" } + 1
    }
}
