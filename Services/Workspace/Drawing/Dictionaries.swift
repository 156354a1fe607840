import Wire
import WireCatalog

/// The data dictionary, for labels of tables, fields and choices.
enum Dictionaries {
    private static let byTable = Dictionary(
        Catalog.schemas.map { ($0.table, $0) }, uniquingKeysWith: { first, _ in first })
    private static let byService = Dictionary(
        Catalog.schemas.map { ("\($0.service).\($0.table)", $0) }, uniquingKeysWith: { first, _ in first })

    /// The dictionary of every table.
    static var all: [RecordSchema] { Catalog.schemas }

    private static let needs = Dictionary(
        Catalog.methods.map { ($0.subject, $0.need) }, uniquingKeysWith: { first, _ in first })

    /// What the access rules are asked about whoever calls a method; nil where no single one decides.
    static func need(of subject: String) -> MethodNeed? { needs[subject] ?? nil }

    /// What is said of a table; of two of one name what the first service says.
    static func schema(_ table: String) -> RecordSchema? { byTable[table] }

    /// The dictionary that describes a message: of a record its own, of an entry of a list that of the record it stands for.
    static func schema(of message: any Message) -> RecordSchema? {
        switch message {
        case let record as any RecordMessage: type(of: record).schema
        case let item as WorkItem: byService["\(item.service).\(item.table)"]
        default: nil
        }
    }
}

extension FieldSchema {
    /// What people read for the value of a choice, be it a word or a number; the value itself when it is none.
    func label(of value: String, _ language: Language) -> String {
        let choice = choices.first { choice in
            choice.value.string == value || choice.value.int.map { String($0) } == value
        }
        return choice?.label(language) ?? value
    }
}

extension RecordSchema {
    /// What people read for a field.
    func label(_ field: some RawRepresentable<String>, _ language: Language) -> String {
        self.field(field.rawValue)?.label(language) ?? field.rawValue
    }

    /// What people read for the value of a choice.
    func label(_ field: some RawRepresentable<String>, of value: String, _ language: Language) -> String {
        self.field(field.rawValue)?.label(of: value, language) ?? value
    }
}
