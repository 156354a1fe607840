import Ground
import Postgres
import Synchronization
import Wire

/// What the records and replicas of a database have told about their tables.
final class RecordTables: Sendable {
    private struct State {
        var layouts: [ObjectIdentifier: AnyObject & Sendable] = [:]
        var tables: [String: ReferenceTable] = [:] {
            // How a table is looked up may follow from another one.
            didSet {
                references = [:]
                registrations += 1
            }
        }
        var registrations = 0
        var references: [ObjectIdentifier: [RecordReference?]] = [:]
        /// What other records keep from changing, by the table of the record that changes.
        var holds: [String: [Hold]] = [:]
    }
    private let state = Mutex(State())

    /// What is known of a record's table, worked out when it is first asked for.
    func layout<R: Record>(_ type: R.Type, in database: Database) -> TableLayout<R> {
        if let known = state.withLock({ $0.layouts[ObjectIdentifier(type)] }) as? TableLayout<R> { return known }
        let layout = TableLayout<R>()
        state.withLock { state in
            let isFirst = state.layouts.updateValue(layout, forKey: ObjectIdentifier(type)) == nil
            state.tables[R.schema.table] = ReferenceTable(
                columns: Set(layout.columns.map(\.name)), isReplica: false,
                isDefinition: R.storage.visibility == .definition, parents: R.parents,
                person: R.storage.person, names: ReferenceNames.ofRecord(type))
            for hold in R.holds where isFirst { state.holds[hold.table, default: []].append(hold) }
        }
        for rule in R.constraints { database.register(rule, of: R.schema.table) }
        return layout
    }

    /// Makes a replica known, so that references may point to it and pages show it.
    func register(_ replica: Replica) {
        let columns = Set(replica.fields + [KnownField.id, .domain].names)
        let names = ReferenceNames.ofReplica(replica.table, columns: columns, readers: replica.readers)
        state.withLock {
            $0.tables[replica.table] = ReferenceTable(
                columns: columns, isReplica: true, readers: replica.readers, person: replica.person,
                names: names)
        }
    }

    /// The references of a record type, which `make` works out when they are first asked for and when a table has come.
    func references<R: Record>(of type: R.Type, _ make: () -> [RecordReference?]) -> [RecordReference?] {
        let (known, registrations) = state.withLock { ($0.references[ObjectIdentifier(type)], $0.registrations) }
        if let known { return known }
        let made = make()
        state.withLock { state in
            // What a table that came meanwhile changes is not in it.
            if state.registrations == registrations { state.references[ObjectIdentifier(type)] = made }
        }
        return made
    }

    /// The rules of `R` that records which name it have brought.
    func held<R: Record>(_ type: R.Type) -> [Rule<R>] {
        state.withLock { $0.holds[R.schema.table] ?? [] }.compactMap { $0.rule as? Rule<R> }
    }

    func table(_ name: String) -> ReferenceTable? { state.withLock { $0.tables[name] } }
}

/// A table of this schema that references may point to.
struct ReferenceTable: Sendable {
    let columns: Set<String>
    /// Whether it is a copy of another service's records, which may be behind.
    let isReplica: Bool
    /// Whose pages may show a replica.
    var readers: Replica.Readers = .rules
    /// Definitions are seen from below but not written there, and what cannot be written cannot be locked.
    var isDefinition = false
    /// The references that say what its records begin under, and where these lie: the first with a value counts.
    var parents: [Parent] = []
    /// How its records stand for people.
    var person: PersonRecord?
    /// Asks what people know its records by.
    let names: ReferenceNames.Statement
}

extension Database {
    /// What the records of this database have told about themselves.
    var tables: RecordTables { companion(RecordTables.init) }

    /// Makes a record type known, so that others may refer to its table and its constraints name their rules.
    public func register<R: Record>(_ type: R.Type) {
        _ = tables.layout(type, in: self)
    }

    func layout<R: Record>(_ type: R.Type) -> TableLayout<R> { tables.layout(type, in: self) }

    func referenceTable(_ name: String) -> ReferenceTable? { tables.table(name) }
}
