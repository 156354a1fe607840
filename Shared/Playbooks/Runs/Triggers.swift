import Filters
import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// What the conditions of triggers look at: the fields of a record, and where it comes from.
enum TriggerField {
    /// Whether an activity of a playbook has made the record, or one that it lies below by its field `parent`.
    static let fromPlaybook = "from_playbook"

    /// The fields of a table as triggers name them.
    static func all(_ fields: [FilterField]) -> [FilterField] {
        fields + [FilterField(fromPlaybook, .bool, searchable: false)]
    }
}

extension PlaybookTrigger {
    /// Its condition over the fields of the playbook's table.
    func checked(over fields: [FilterField], _ facts: FilterFacts) throws(FilterError) -> CheckedFilter {
        try Filter.parse(condition).check(against: FilterSchema(TriggerField.all(fields)), context: facts)
    }
}

extension Playbooks {
    /// Whether a record meets the condition of a trigger; one that begins something of its own is from no playbook.
    func meets(
        _ trigger: PlaybookTrigger, _ record: any RecordMessage, beginsItsOwn: Bool = false, _ context: RuleContext
    ) throws -> Bool {
        let fields = tables[type(of: record).schema.table]?.filterFields ?? []
        let condition = try trigger.checked(over: fields, context.filterFacts)
        let asks = condition.fieldNames.contains(TriggerField.fromPlaybook)
        let isMade = try asks && !beginsItsOwn && isMade(record, context.transaction)
        return condition.matches { $0 == TriggerField.fromPlaybook ? .bool(isMade) : record.filterValue($0) }
    }

    /// Whether an activity ends with the record of that id, which it has made.
    public func isMade(_ record: String, _ tx: Transaction) throws -> Bool { try maker(of: record, tx) != nil }

    /// Most records that activities make one for another: what one has made may start the next one's run.
    private static let longestChain = 8

    /// Whether a record ends a chain of records made by activities that is too long to go on: definitions that are active
    /// were looked at for rings, but what they compute was not.
    func isTooDeep(_ record: String, _ context: RuleContext) throws -> Bool {
        let schema = database.schema
        // Fenced by OFFSET, each step looks up: joined freely, the planner may walk over all runs there are.
        let isTooDeep = try !context.transaction.query(
            """
            WITH RECURSIVE chain AS (
                SELECT \(record)::uuid AS record, 0 AS length
                UNION ALL SELECT r.record, c.length + 1 FROM chain c
                JOIN LATERAL (SELECT run FROM \(identifier: schema).playbook_activity WHERE made = c.record OFFSET 0) a ON TRUE
                JOIN LATERAL (SELECT record FROM \(identifier: schema).playbook_run WHERE id = a.run OFFSET 0) r ON TRUE
                WHERE c.length < \(Self.longestChain))
            SELECT 1 FROM chain WHERE length = \(Self.longestChain) LIMIT 1
            """
        ).isEmpty
        if isTooDeep {
            database.log.warning(
                "a chain of records made by playbooks is too long to go on", metadata: ["record": "\(record)"])
        }
        return isTooDeep
    }

    /// Whether an activity has made the record or one above it.
    private func isMade(_ record: any RecordMessage, _ tx: Transaction) throws -> Bool {
        let schema = type(of: record).schema
        let hasTree = schema.field(KnownField.parent.rawValue)?.reference == schema.table
        let first = hasTree ? record.text(.parent) : ""
        guard !first.isEmpty else { return try maker(of: record.id, tx) != nil }
        let table: SQL = "\(identifier: database.schema).\(identifier: schema.table)"
        return try !tx.query(
            """
            WITH RECURSIVE above AS (
                SELECT id, parent FROM \(table) WHERE id = \(record.id)
                UNION SELECT r.id, r.parent FROM \(table) r JOIN above a ON r.id = a.parent)
            SELECT 1 FROM \(identifier: database.schema).playbook_activity WHERE made IN (SELECT id FROM above) LIMIT 1
            """
        ).isEmpty
    }
}
