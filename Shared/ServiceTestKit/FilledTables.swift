import Postgres

/// One row in every table of a schema that has a domain, whatever its columns are: for what is asked of each table, such
/// as who sees the row. The tables' own rules are put aside; it is done once for a database, by the superuser.
public enum FilledTables {
    /// What does it. Columns that point to an account hold `account`, texts `text`; the rows belong to `domain`. A table that
    /// holds such a row already keeps it.
    public static func sql(schema: String, domain: String, account: String, text: String = "x") -> String {
        """
        DO $$
        DECLARE item record; names text; given text;
        BEGIN
            SET LOCAL session_replication_role = replica;
            FOR item IN SELECT conrelid::regclass AS tab, conname FROM pg_constraint
                WHERE contype = 'c' AND connamespace = '\(schema)'::regnamespace AND conrelid <> 0
            LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', item.tab, item.conname); END LOOP;
            FOR item IN SELECT c.oid, c.relname, c.oid::regclass AS tab FROM pg_class c JOIN pg_attribute d
                ON d.attrelid = c.oid AND d.attname = 'domain'
                WHERE c.relnamespace = '\(schema)'::regnamespace AND c.relkind = 'r'
            LOOP
                SELECT string_agg(quote_ident(attname), ', '), string_agg(CASE
                    WHEN attname = 'domain' THEN '''\(domain)'''
                    WHEN attname IN ('account', 'company') OR attname = 'id' AND relname = 'customer_account'
                        THEN '''\(account)'''
                    WHEN typcategory = 'A' THEN '''{}'''
                    WHEN typname IN ('int2', 'int4', 'int8', 'numeric', 'float8') THEN '1'
                    WHEN typname = 'uuid' THEN 'gen_random_uuid()'
                    WHEN typname = 'bool' THEN 'true'
                    WHEN typname IN ('timestamptz', 'date') THEN 'now()'
                    WHEN typname IN ('json', 'jsonb') THEN '''{}'''
                    WHEN typname = 'bytea' THEN '''\\x00'''
                    ELSE '''\(text)''' END, ', ')
                INTO names, given FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid,
                    (SELECT item.relname) AS named (relname)
                WHERE attrelid = item.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
                    AND attidentity = '' AND (attname IN ('domain', 'account', 'company') OR attnotnull AND NOT atthasdef);
                BEGIN EXECUTE format('INSERT INTO %s (%s) VALUES (%s)', item.tab, names, given);
                EXCEPTION WHEN unique_violation THEN NULL; END;
            END LOOP;
        END $$
        """
    }

    /// What fills a table with rows `n` = 1, 2, …: columns hold what `columns` says over `n`, others that must hold
    /// something hold something of their type. The id of a row is ``id(_:)``. The table's own checks are put aside, its
    /// statistics brought up to date.
    public static func sql(schema: String, table: String, rows: Int, _ columns: [String: String]) -> String {
        func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
        let given = columns.sorted { $0.key < $1.key }.map { "WHEN '\($0.key)' THEN \(quoted($0.value))" }
        let all = "\(schema).\(SQL.quoted(identifier: table))"
        return """
            DO $$
            DECLARE item record; names text; given text;
            BEGIN
                SET LOCAL session_replication_role = replica;
                FOR item IN SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = '\(all)'::regclass
                LOOP EXECUTE format('ALTER TABLE \(all) DROP CONSTRAINT %I', item.conname); END LOOP;
                SELECT string_agg(quote_ident(attname), ', '), string_agg(CASE attname
                    \(given.joined(separator: "\n"))
                    WHEN 'id' THEN \(quoted(id("n")))
                    ELSE CASE WHEN typcategory = 'A' THEN '''{}'''
                        WHEN typname IN ('int2', 'int4', 'int8', 'numeric', 'float8') THEN '1'
                        WHEN typname = 'uuid' THEN 'gen_random_uuid()'
                        WHEN typname = 'bool' THEN 'true'
                        WHEN typname IN ('timestamptz', 'date') THEN 'now()'
                        WHEN typname IN ('json', 'jsonb') THEN '''{}'''
                        WHEN typname = 'bytea' THEN '''\\x00'''
                        ELSE '''x'' || n' END END, ', ')
                INTO names, given FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                WHERE attrelid = '\(all)'::regclass AND attnum > 0 AND NOT attisdropped
                    AND attgenerated = '' AND attidentity = ''
                    AND (attnotnull AND NOT atthasdef OR attname = ANY('{\(columns.keys.joined(separator: ","))}'));
                EXECUTE format('INSERT INTO \(all) (%s) SELECT %s FROM generate_series(1, \(rows)) n', names, given);
                ANALYZE \(all);
            END $$
            """
    }

    /// The id of the row whose number the SQL expression `number` is, as an expression.
    public static func id(_ number: String) -> String {
        "('00000000-0000-7000-8000-' || lpad((\(number))::text, 12, '0'))::uuid"
    }
}
