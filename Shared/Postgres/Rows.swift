import CPostgres
import Glibc

/// A result of libpq, freed with its last reader.
final class ResultHandle: @unchecked Sendable {
    // libpq: a PGresult is read-only once made and may be passed around freely between threads.
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }
}

/// The answer to a statement. The cells stay in libpq's memory until they are read.
public struct Rows: Sendable, RandomAccessCollection {
    let handle: ResultHandle
    /// How many rows came back.
    public let count: Int

    init(_ handle: ResultHandle) {
        self.handle = handle
        count = Int(PQntuples(handle.pointer))
    }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// Behind the last row.
    public var endIndex: Int { count }
    /// The row at a position from 0; traps outside, as an array does.
    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < count, "row \(position) of \(count)")
        return Row(handle: handle, index: Int32(position))
    }

    /// How many rows an INSERT, UPDATE, DELETE, MERGE or COPY changed; for SELECT the rows it returned.
    public var affected: Int {
        PQcmdTuples(handle.pointer).map { Int(atol($0)) } ?? 0
    }

    /// COMMIT of a failed transaction answers with the command tag ROLLBACK instead of an error.
    var isRollback: Bool {
        PQcmdStatus(handle.pointer).map { strcmp($0, "ROLLBACK") == 0 } ?? false
    }

    /// The names of the columns in order.
    public var columns: [String] {
        (0..<PQnfields(handle.pointer)).map { PQfname(handle.pointer, $0).map { String(cString: $0) } ?? "" }
    }

    /// The index of a column; look it up once before reading many rows.
    public func index(of column: String) throws(PostgresError) -> Int {
        Int(try handle.index(of: column))
    }

    /// The only row; nil for none, an error for several.
    public func single() throws(PostgresError) -> Row? {
        guard count <= 1 else { throw .decoding("\(count) rows where at most one was expected") }
        return first
    }
}

/// The names that Postgres gives to columns that a statement computes and does not name.
public enum UnnamedColumn: String, Sendable {
    /// `count(*)`.
    case count
    /// `nextval('…')`.
    case nextval
    /// `pg_try_advisory_lock(…)`.
    case isLocked = "pg_try_advisory_lock"
}

/// One row of an answer. A column is named by a constant, so that a misspelt name does not compile: the key of a record's
/// field, or a case of an enumeration beside the statement. Reading a column that the answer has not, a NULL without
/// `optional…`, or a type that does not fit throws an error of kind `.decoding`.
public struct Row: Sendable {
    let handle: ResultHandle
    let index: Int32

    /// text, varchar, char, name, uuid (lower case), numeric (shortest exact decimal), date (YYYY-MM-DD), json,
    /// jsonb, or a type of the database's own that is read as text (enum, citext).
    public func string(_ column: some RawRepresentable<String>) throws(PostgresError) -> String {
        try string(at: Int(handle.index(of: column.rawValue)))
    }
    /// int2, int4, int8 or oid.
    public func int(_ column: some RawRepresentable<String>) throws(PostgresError) -> Int {
        Int(try int64(column))
    }
    /// int2, int4, int8 or oid.
    public func int64(_ column: some RawRepresentable<String>) throws(PostgresError) -> Int64 {
        try int64(at: Int(handle.index(of: column.rawValue)))
    }
    /// bool.
    public func bool(_ column: some RawRepresentable<String>) throws(PostgresError) -> Bool {
        try bool(at: Int(handle.index(of: column.rawValue)))
    }
    /// float4, float8 or an integer type.
    public func double(_ column: some RawRepresentable<String>) throws(PostgresError) -> Double {
        try double(at: Int(handle.index(of: column.rawValue)))
    }
    /// bytea.
    public func bytes(_ column: some RawRepresentable<String>) throws(PostgresError) -> [UInt8] {
        try bytes(at: Int(handle.index(of: column.rawValue)))
    }
    /// timestamptz, or timestamp taken as UTC: microseconds since 1970-01-01 UTC; `Int64.max` and `.min` for infinity.
    public func timestamp(_ column: some RawRepresentable<String>) throws(PostgresError) -> Int64 {
        try timestamp(at: Int(handle.index(of: column.rawValue)))
    }
    /// text[], varchar[], uuid[] or name[], without NULL elements.
    public func strings(_ column: some RawRepresentable<String>) throws(PostgresError) -> [String] {
        try strings(at: Int(handle.index(of: column.rawValue)))
    }
    /// Any supported type as it would be bound again.
    public func value(_ column: some RawRepresentable<String>) throws(PostgresError) -> SQLValue {
        try value(at: Int(handle.index(of: column.rawValue)))
    }
    /// Whether the column is NULL.
    public func isNull(_ column: some RawRepresentable<String>) throws(PostgresError) -> Bool {
        handle.isNull(index, try handle.index(of: column.rawValue))
    }

    /// As `string`, nil for NULL.
    public func optionalString(_ column: some RawRepresentable<String>) throws(PostgresError) -> String? {
        try isNull(column) ? nil : string(column)
    }
    /// As `int`, nil for NULL.
    public func optionalInt(_ column: some RawRepresentable<String>) throws(PostgresError) -> Int? {
        try isNull(column) ? nil : int(column)
    }
    /// As `int64`, nil for NULL.
    public func optionalInt64(_ column: some RawRepresentable<String>) throws(PostgresError) -> Int64? {
        try isNull(column) ? nil : int64(column)
    }
    /// As `bool`, nil for NULL.
    public func optionalBool(_ column: some RawRepresentable<String>) throws(PostgresError) -> Bool? {
        try isNull(column) ? nil : bool(column)
    }
    /// As `bytes`, nil for NULL.
    public func optionalBytes(_ column: some RawRepresentable<String>) throws(PostgresError) -> [UInt8]? {
        try isNull(column) ? nil : bytes(column)
    }
    /// As `timestamp`, nil for NULL.
    public func optionalTimestamp(_ column: some RawRepresentable<String>) throws(PostgresError) -> Int64? {
        try isNull(column) ? nil : timestamp(column)
    }

    /// Whether the column at an index is NULL.
    public func isNull(at column: Int) throws(PostgresError) -> Bool {
        handle.isNull(index, try handle.checked(column))
    }
    /// As `string`, by index.
    public func string(at column: Int) throws(PostgresError) -> String {
        let cell = try handle.cell(index, column)
        return try cell.string()
    }
    /// As `optionalString`, by index.
    public func optionalString(at column: Int) throws(PostgresError) -> String? {
        try isNull(at: column) ? nil : string(at: column)
    }
    /// As `int`, by index.
    public func int(at column: Int) throws(PostgresError) -> Int {
        Int(try int64(at: column))
    }
    /// As `int64`, by index.
    public func int64(at column: Int) throws(PostgresError) -> Int64 {
        try handle.cell(index, column).int64()
    }
    /// As `bool`, by index.
    public func bool(at column: Int) throws(PostgresError) -> Bool {
        try handle.cell(index, column).bool()
    }
    /// As `double`, by index.
    public func double(at column: Int) throws(PostgresError) -> Double {
        try handle.cell(index, column).double()
    }
    /// As `bytes`, by index.
    public func bytes(at column: Int) throws(PostgresError) -> [UInt8] {
        try handle.cell(index, column).data()
    }
    /// As `timestamp`, by index.
    public func timestamp(at column: Int) throws(PostgresError) -> Int64 {
        try handle.cell(index, column).timestamp()
    }
    /// As `strings`, by index.
    public func strings(at column: Int) throws(PostgresError) -> [String] {
        try handle.cell(index, column).strings()
    }
    /// As `value`, by index; `.null` for NULL.
    public func value(at column: Int) throws(PostgresError) -> SQLValue {
        try isNull(at: column) ? .null : handle.cell(index, column).value()
    }
}

extension ResultHandle {
    func index(of name: String) throws(PostgresError) -> Int32 {
        // PQfnumber folds case and allocates; a walk along the names does neither.
        let found: Int32 = name.withCString { wanted in
            let count = PQnfields(pointer)
            var column: Int32 = 0
            while column < count {
                if let name = PQfname(pointer, column), strcmp(name, wanted) == 0 { return column }
                column += 1
            }
            return -1
        }
        guard found >= 0 else { throw .decoding("no column \(name)") }
        return found
    }

    func checked(_ column: Int) throws(PostgresError) -> Int32 {
        guard column >= 0, column < Int(PQnfields(pointer)) else { throw .decoding("no column at index \(column)") }
        return Int32(column)
    }

    func isNull(_ row: Int32, _ column: Int32) -> Bool {
        PQgetisnull(pointer, row, column) != 0
    }

    func cell(_ row: Int32, _ column: Int) throws(PostgresError) -> BinaryValue {
        let column = try checked(column)
        guard PQgetisnull(pointer, row, column) == 0, let start = PQgetvalue(pointer, row, column) else {
            throw .decoding("column \(columnName(column)) is NULL")
        }
        return BinaryValue(
            bytes: UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(pointer, row, column))),
            type: PQftype(pointer, column), owner: self, column: column)
    }

    func columnName(_ column: Int32) -> String {
        PQfname(pointer, column).map { String(cString: $0) } ?? "\(column)"
    }
}
