import CustomerSuccessWire
import Foundation
import Ground
import ImportValidationWire
import Korean
import OnboardingWire
import Playbooks
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What the forms of activities name, and what those at work offer to choose from, as statements of the page's round trip
/// (ADR 0059): of what belongs to accounts that of the account alone.
struct FormChoices {
    /// The most records that a list offers.
    private static let limit = 50

    /// A record with its name, or the user it stands for.
    fileprivate struct Called {
        let id, name, user: String
    }

    /// One statement, and how its answer is read.
    fileprivate struct Asked {
        var records = FormRecords()
        let statement: SQL
        let read: (Rows) throws -> [Called]
    }

    private let asked: [Asked]

    init(_ activities: [PlaybookActivity], of account: String?, _ database: Database, _ call: Call) throws {
        let source = Source(database: database, caller: call.caller, language: Language(tag: call.language))
        let applying = activities.filter(\.applies)
        var named = applying.reduce(into: [String: Set<String>]()) { Self.addNamed(by: $1, to: &$0) }
        let atWork = [ActivityState.inProgress, .failed].map(\.rawValue)
        let offering = applying.filter { atWork.contains($0.state) }.flatMap(\.inputs)
        // Rows name what the other activities have made: their forms begin with it.
        let ofRows = Set(offering.flatMap(\.columns).flatMap(\.reference.tablesNamed))
        for made in applying.flatMap(\.created) where ofRows.contains(made.table) && Validation.isUUID(made.id) {
            named[made.table, default: []].insert(made.id)
        }
        var asked = try named.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.compactMap { table, ids in
            try source.asked(table, .named(ids.sorted()))
        }
        var known: Set<[String]> = []
        let lists = [FieldType.listOfReferences, .listOfUsers].map(\.rawValue)
        for input in offering where lists.contains(input.type) {
            let isOfUsers = input.type == FieldType.listOfUsers.rawValue
            let tables = isOfUsers ? [User.schema.table] : input.reference.tablesNamed
            for table in tables where known.insert([table, input.referenceFilter]).inserted {
                let offered = Source.What.offered(input.referenceFilter, account)
                if let one = try source.asked(table, offered) { asked.append(one) }
            }
        }
        self.asked = asked
    }

    /// What has to be asked; ``read(_:)`` takes the answers.
    var statements: [SQL] { asked.map(\.statement) }

    /// The records of the answers to the statements; who stands for users is still to be named.
    func read(_ answers: ArraySlice<Rows>) throws -> Found {
        let groups = try zip(asked, answers).map { asked, rows in (asked.records, try asked.read(rows)) }
        return Found(groups: groups)
    }

    /// The records before users are named.
    struct Found {
        fileprivate let groups: [(FormRecords, [Called])]

        /// The users whose names are still to be read.
        var users: [String] { groups.flatMap { $0.1.map(\.user) }.filter { !$0.isEmpty } }

        /// All of them by name, what is offered in the order of the names.
        func filled(_ names: WorkNames) -> [FormRecords] {
            groups.map { group, records in
                var group = group
                group.records = records.map { called in
                    var record = NamedRecord()
                    record.id = called.id
                    let (person, name) = (names.person(called.user), called.name)
                    record.name = person.isEmpty || name.isEmpty ? person + name : "\(person) · \(name)"
                    return record
                }
                if group.offered { group.records.sort { ($0.name, $0.id) < ($1.name, $1.id) } }
                return group
            }
        }
    }

    private static func addNamed(by activity: PlaybookActivity, to named: inout [String: Set<String>]) {
        let values = Dictionary(
            activity.values.map { ($0.input, $0.value) }, uniquingKeysWith: { first, _ in first })
        func add(_ ids: [String], _ reference: String) {
            for table in reference.tablesNamed { named[table, default: []].formUnion(ids.filter(Validation.isUUID)) }
        }
        for input in activity.inputs {
            let value = values[input.key] ?? input.default
            switch input.type {
            case FieldType.reference.rawValue: add([value], input.reference)
            case FieldType.listOfReferences.rawValue: add(list(value), input.reference)
            case FieldType.listOfUsers.rawValue: add(list(value), User.schema.table)
            case ActivityInput.rowsType:
                let rows = InputRows(value)?.rows ?? []
                for column in input.columns where column.type == FieldType.reference.rawValue {
                    add(rows.compactMap { $0[column.key] }, column.reference)
                }
            default: break
            }
        }
    }

    private static func list(_ text: String) -> [String] {
        (try? JSONDecoder().decode([String].self, from: Data(text.utf8))) ?? []
    }
}

extension FormChoices {
    /// The tables that forms may name, and how they are read.
    private struct Source {
        /// What is asked of a table.
        enum What {
            case named([String])
            /// What may be chosen within a filter, for a record of an account.
            case offered(String, String?)
        }

        let database: Database
        let caller: Caller
        let language: Language

        private static let own = Dictionary(
            uniqueKeysWithValues: OnboardingCatalog.records.compactMap { $0 as? any Record.Type }
                .map { ($0.schema.table, $0) })
        private static let copied: [any RecordMessage.Type] = [SquadMember.self, RiskSignal.self, ImportTask.self]
        /// Those who have left are not offered.
        private static let people = [User.schema.table, SquadMember.schema.table]

        /// Nil for a table that is not known here, and for a filter that does not fit it any more.
        func asked(_ table: String, _ what: What) throws -> Asked? {
            var asked = try Self.own[table].flatMap { try own($0, what) }
            if asked == nil, let type = Self.copied.first(where: { $0.schema.table == table }) {
                asked = copied(type, what)
            }
            asked?.records.table = table
            if case .offered(let filter, _) = what {
                asked?.records.offered = true
                asked?.records.filter = filter
            }
            return asked
        }

        private func own<R: Record>(_ type: R.Type, _ what: What) throws -> Asked? {
            let store = Store<R>(database)
            let (condition, limit) = condition(what, R.schema)
            let statement: SQL
            if case .offered(let filter, _) = what {
                guard
                    let offered = try? store.selection(
                        passing: filter, where: condition, limit: limit, as: caller)
                else { return nil }
                statement = offered
            } else {
                statement = try store.selection(where: condition, limit: limit, as: caller)
            }
            return Asked(statement: statement) { try store.records($0, for: caller).map(called) }
        }

        private func copied<R: RecordMessage>(_ type: R.Type, _ what: What) -> Asked {
            let copies = CopiedRecords<R>(database, caller)
            let (condition, limit) = condition(what, R.schema)
            return Asked(statement: copies.selection(where: condition, limit: limit)) {
                try copies.records($0).map(called)
            }
        }

        private func condition(_ what: What, _ schema: RecordSchema) -> (SQL, limit: Int) {
            switch what {
            case .named(let ids): return ("id = ANY(\(ids)::uuid[])", max(ids.count, 1))
            case .offered(_, let account):
                let isPerson = Self.people.contains(schema.table)
                let isOfAccount = schema.table != User.schema.table && schema.index(of: KnownField.account) != nil
                let present: SQL = isPerson ? "active IS NOT FALSE" : "TRUE"
                guard isOfAccount else { return (present, FormChoices.limit) }
                return ("account = \(account) AND " + present, FormChoices.limit)
            }
        }

        /// A record by the first of its fields that people call records by.
        private func called<R: RecordMessage>(_ record: R) -> Called {
            func text(_ name: String) -> String { record.text(named: name) }
            let person = PersonName.full(
                first: text(KnownField.firstName.rawValue), last: text(KnownField.lastName.rawValue))
            let translated = language == .ko ? [KnownField.nameKo.rawValue] : []
            let fields =
                translated + [
                    KnownField.name.rawValue, KnowledgeArticle.Field.title.rawValue,
                    OnboardingCase.Field.shortDescription.rawValue, KnownField.number.rawValue,
                ] + R.schema.namedBy.prefix(1)
            let name = person.isEmpty ? fields.lazy.map(text).first { !$0.isEmpty } ?? "" : person
            let isMember = R.schema.table == SquadMember.schema.table
            return Called(
                id: record.id, name: name, user: isMember ? text(SquadMember.Field.user.rawValue) : "")
        }
    }
}
