import Ground
import Postgres
import Wire

/// Numbers people see.
public enum RecordNumber {
    /// The prefix and at least seven digits: `TCHPT0000002` (G-30).
    public static func text(_ prefix: String, _ number: Int64) -> String {
        let digits = String(number)
        return prefix + String(repeating: "0", count: max(0, 7 - digits.count)) + digits
    }

    /// The next number of a sequence. A write that is only tried takes none from the sequence, since no number is used
    /// twice and none shall be missing for its sake: it gets one that no record has, for as long as it lasts.
    public static func next(of sequence: String, _ context: WriteContext, in tx: Transaction) throws -> Int64 {
        guard !context.isTrial else { return provisional }
        return try tx.query("SELECT nextval(\(sequence)::regclass)").first?.int64(UnnamedColumn.nextval) ?? 0
    }

    /// Far beyond every real number, and unlikely to be met twice.
    static var provisional: Int64 { .random(in: 1_000_000_000_000_000...9_000_000_000_000_000) }
}

extension Store {
    /// The statement that takes the numbers of `count` new records from their sequence; none where there is nothing to
    /// take.
    func numbering(_ count: Int, _ context: WriteContext) -> [SQL] {
        guard layout.numberIndex != nil, !context.isTrial else { return [] }
        let sequence = "\(database.schema).\(R.schema.table)_number"
        return ["SELECT nextval(\(sequence)::regclass) FROM generate_series(1, \(count)::int)"]
    }

    /// The numbers that ``numbering(_:_:)`` took, as `answer` has them.
    func numbers(_ count: Int, _ answer: Rows?, _ context: WriteContext) throws -> [Int64] {
        guard layout.numberIndex != nil else { return [] }
        guard !context.isTrial else { return (0..<count).map { _ in RecordNumber.provisional } }
        return try answer?.map { try $0.int64(UnnamedColumn.nextval) } ?? []
    }
}
