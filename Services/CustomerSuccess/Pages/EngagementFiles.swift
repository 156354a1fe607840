import CustomerSuccessWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The files of an engagement and of its touchpoints, where reports are shared (G-121).
struct EngagementFiles {
    /// Files that a page shows, and touchpoints, the newest, whose files are looked at.
    private static let (shown, touchpoints) = (20, 100)

    private let database: Database
    private let caller: Caller
    private let store: Store<Touchpoint>
    /// What has to be asked; ``read(_:_:)`` takes the answer.
    let statement: SQL

    init(_ database: Database, _ caller: Caller, of engagement: Engagement) throws {
        let newest: SQL = "\(identifier: Touchpoint.Field.id) DESC"
        (self.database, self.caller, store) = (database, caller, Store(database))
        let talks = try store.selection(
            where: "engagement = \(engagement.id)", order: newest, limit: Self.touchpoints, as: caller)
        statement = Store<Engagement>(database).attachments(
            ofAll: "\([engagement.id])::uuid[] || ARRAY(SELECT talk.id FROM (\(talks)) talk)", limit: Self.shown,
            for: caller)
    }

    /// The files, newest first, each with the touchpoint that it is attached to.
    func read(_ rows: Rows, of engagement: Engagement, _ tx: Transaction) throws -> [EngagementFile] {
        let files = try Store<Engagement>(database).attachments(rows, for: caller)
        let ids = Set(files.map(\.record)).subtracting([engagement.id]).sorted()
        var talks: [String: PageItem] = [:]
        if !ids.isEmpty {
            let found = try tx.query(
                store.selection(where: "id = ANY(\(ids)::uuid[])", limit: ids.count, as: caller))
            for talk in try store.records(found, for: caller) {
                talks[talk.id] = PageItem(talk, today: database.clock.today)
            }
        }
        return files.map { file in
            var shown = EngagementFile()
            (shown.attachment, shown.touchpoint) = (file, talks[file.record])
            return shown
        }
    }
}
