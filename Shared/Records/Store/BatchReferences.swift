import Ground
import Postgres
import Wire

/// What the records of a batch refer to. They mostly name the same few records: each is asked for once, and who names the same
/// as the one before is not looked at again.
struct BatchReferences<R: Record> {
    /// What is to be asked, each once.
    private(set) var statements: [SQL] = []

    private struct Part {
        let load: ReferenceLoad<R>
        /// Which of the statements are its own.
        let places: [Int]
    }

    private let database: Database
    private let isSystem: Bool
    /// The fields that name records.
    private let fields: [Int]
    private var places: [SQL: Int] = [:]
    private var parts: [Part] = []
    /// For each record its part.
    private var part: [Int] = []
    /// What the last record names, and by which field it says what it belongs to.
    private var last: (named: [FieldValue], parent: String?) = ([], nil)

    init(_ database: Database, isSystem: Bool) {
        self.database = database
        self.isSystem = isSystem
        let references = database.references(of: R.self)
        fields = references.indices.filter { references[$0] != nil }
    }

    /// Takes the next record.
    mutating func add(_ record: R) throws {
        let (named, parent) = (fields.map { record[fieldAt: $0] }, R.parentField(of: record))
        if parts.isEmpty || named != last.named || parent != last.parent {
            let load = ReferenceLoad(record, fields: fields, database: database, isSystem: isSystem)
            let own = try load.statements().map { statement in
                if let place = places[statement] { return place }
                places[statement] = statements.count
                statements.append(statement)
                return statements.count - 1
            }
            parts.append(Part(load: load, places: own))
            last = (named, parent)
        }
        part.append(parts.count - 1)
    }

    /// What the record at a position names, and the answers to its statements out of those to all.
    func of(_ position: Int, _ answers: [Rows]) -> (ReferenceLoad<R>, ArraySlice<Rows>) {
        let part = parts[part[position]]
        return (part.load, part.places.map { answers[$0] }[...])
    }
}
