import Postgres

/// A column named by a text. Tests write statements of one line and read what they ask for by the same words; the product
/// names columns by constants.
private struct ColumnText: RawRepresentable {
    let rawValue: String
}

extension Row {
    /// As with a constant.
    public func string(_ column: String) throws(PostgresError) -> String {
        try string(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func optionalString(_ column: String) throws(PostgresError) -> String? {
        try optionalString(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func strings(_ column: String) throws(PostgresError) -> [String] {
        try strings(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func int(_ column: String) throws(PostgresError) -> Int {
        try int(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func int64(_ column: String) throws(PostgresError) -> Int64 {
        try int64(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func bool(_ column: String) throws(PostgresError) -> Bool {
        try bool(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func optionalBool(_ column: String) throws(PostgresError) -> Bool? {
        try optionalBool(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func double(_ column: String) throws(PostgresError) -> Double {
        try double(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func bytes(_ column: String) throws(PostgresError) -> [UInt8] {
        try bytes(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func timestamp(_ column: String) throws(PostgresError) -> Int64 {
        try timestamp(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func value(_ column: String) throws(PostgresError) -> SQLValue {
        try value(ColumnText(rawValue: column))
    }
    /// As with a constant.
    public func isNull(_ column: String) throws(PostgresError) -> Bool {
        try isNull(ColumnText(rawValue: column))
    }
}
