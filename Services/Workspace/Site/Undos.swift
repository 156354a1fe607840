import RPC
import Synchronization
import Wire

/// What people have just changed, as it was before, so that it can be taken back by an ordinary update: in memory and for
/// minutes. This program can lose all of it; then nothing is taken back, and it says so.
final class Undos: Sendable {
    /// A change of records of one table.
    struct Change: Undoable {
        let schema: RecordSchema
        /// Names of the fields that were changed.
        let fields: [String]
        let records: [Record]
    }

    /// A record since the change, and its fields before it.
    struct Record: Sendable {
        let id: String
        let etag: String
        let before: [String: FieldValue]
    }

    private struct Kept {
        let id: String
        let user: String
        let until: Int64
        let change: any Undoable
    }

    /// For how long a change can be taken back.
    private static let secondsKept: Int64 = 600
    /// Most changes that are remembered, the latest ones; of larger ones none.
    private static let most = 1_000
    static let mostRecords = 100
    private static let mostBytes = 65_536

    private let kept = Mutex<[Kept]>([])
    private let now: @Sendable () -> Timestamp

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    /// Remembers a change of `person`. Answers what it is called; nil where it cannot be taken back.
    func keep(_ change: (any Undoable)?, of person: Person?) -> String? {
        guard let change, let person, !change.isEmpty, change.count <= Self.mostRecords,
            change.size <= Self.mostBytes
        else { return nil }
        let id = Secrets.random()
        let seconds = now().seconds
        kept.withLock { kept in
            kept.removeAll { $0.until <= seconds }
            kept.removeFirst(max(0, kept.count - Self.most + 1))
            kept.append(Kept(id: id, user: person.user, until: seconds + Self.secondsKept, change: change))
        }
        return id
    }

    /// Does something with the change of that name, which is forgotten by this; but not where a service is away, so that it can be
    /// tried again. FAILED_PRECONDITION, reason UNDO_OVER, where it is not known any more, or is somebody else's.
    func take<Change: Undoable, Done>(
        _ id: String, of person: Person?, _ use: (Change) async throws(Problem) -> Done
    ) async throws(Problem) -> Done {
        let found = try taken(id, of: person)
        guard let change = found.change as? Change else { throw Self.over }
        do throws(Problem) {
            return try await use(change)
        } catch {
            if !error.isRefusal { kept.withLock { $0.append(found) } }
            throw error
        }
    }

    /// What is remembered under that name, which stays; nil where it is not known any more, or is somebody else's.
    func look<Change: Undoable>(_ id: String, of person: Person?, as type: Change.Type) -> Change? {
        let seconds = now().seconds
        return kept.withLock { kept in
            kept.first { $0.id == id && $0.user == person?.user && $0.until > seconds }?.change as? Change
        }
    }

    private func taken(_ id: String, of person: Person?) throws(Problem) -> Kept {
        let seconds = now().seconds
        let found = kept.withLock { kept -> Kept? in
            guard let place = kept.firstIndex(where: { $0.id == id && $0.user == person?.user }) else { return nil }
            let found = kept.remove(at: place)
            return found.until > seconds ? found : nil
        }
        guard let found else { throw Self.over }
        return found
    }

    private static let over = Problem(
        .failedPrecondition, Text(en: "This can no longer be undone.", ko: "더 이상 실행 취소할 수 없습니다."),
        reason: "UNDO_OVER")
}

/// A change that can be taken back, with what it takes in memory.
protocol Undoable: Sendable {
    /// How many records it has changed.
    var count: Int { get }
    /// Whether nothing was changed.
    var isEmpty: Bool { get }
    /// Bytes of the texts before.
    var size: Int { get }
}

extension Undos.Change {
    /// A change of some fields of one record, which has `etag` since.
    init<R: RecordMessage>(_ fields: [String], of before: R, etag: String) {
        var values: [String: FieldValue] = [:]
        for name in fields { values[name] = R.schema.index(of: name).map { before[fieldAt: $0] } }
        self.init(
            schema: R.schema, fields: fields, records: [Undos.Record(id: before.id, etag: etag, before: values)])
    }

    var count: Int { records.count }
    var isEmpty: Bool { records.isEmpty || fields.isEmpty }

    var size: Int {
        records.reduce(0) { sum, record in
            sum
                + record.before.values.reduce(0) { sum, value in
                    switch value {
                    case .string(let text): sum + text.utf8.count
                    case .strings(let list): sum + list.reduce(0) { $0 + $1.utf8.count }
                    default: sum
                    }
                }
        }
    }

    /// Writes what was there before, each record only as long as nobody has changed it since.
    func takeBack(_ visit: Visit) async throws(Problem) -> BatchResponse {
        guard let type = AnyList.type(of: schema) else { throw RecordTypes.nowhere() }
        return try await takeBack(type, visit)
    }

    private func takeBack<R: RecordMessage>(_ type: R.Type, _ visit: Visit) async throws(Problem) -> BatchResponse {
        var written: [R] = []
        for kept in records {
            var record = R()
            (record.id, record.etag) = (kept.id, kept.etag)
            for (name, value) in kept.before {
                guard let index = R.schema.index(of: name) else { continue }
                do throws(WireError) {
                    try record.setField(at: index, to: value)
                } catch {
                    throw .internalError(cause: "\(R.schema.table).\(name) cannot be what it was")
                }
            }
            written.append(record)
        }
        let names = fields.compactMap { R.schema.field($0)?.name }
        return try await RowWrites.write(written, FieldMask(paths: names), visit)
    }

    /// Takes back the change of one record; what is refused is thrown.
    func takeBackOne(_ visit: Visit) async throws(Problem) {
        guard let refused = try await takeBack(visit).results.lazy.compactMap(\.error).first else { return }
        throw Problem(status: refused)
    }
}
