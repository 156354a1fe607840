import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import Wire

/// Compiled flows. A stored definition never changes, so what was compiled once stays right.
final class FlowLibrary: Sendable {
    /// Most flows kept; when there are more, all are forgotten and compiled anew when asked for.
    private static let limit = 256

    private let flows = Mutex<[String: CompiledFlow]>([:])

    /// The flow of the stored definition of this id, when it was compiled before.
    func known(_ definition: String) -> CompiledFlow? { flows.withLock { $0[definition] } }

    /// The flow of a stored definition.
    func compiled(_ definition: FlowDefinition) throws(Problem) -> CompiledFlow {
        if let known = known(definition.id) { return known }
        let flow = try Self.compile(definition)
        flows.withLock { flows in
            if flows.count >= Self.limit { flows = [:] }
            flows[definition.id] = flow
        }
        return flow
    }

    /// The flow of a stored definition that is looked at once: a compiled flow takes about 150 KB.
    static func compile(_ definition: FlowDefinition) throws(Problem) -> CompiledFlow {
        do throws(FlowProblem) {
            return try FlowSource.compile(yaml: definition.definition ?? "")
        } catch {
            // Saved by a program that allowed more than this one.
            throw .internalError(cause: "flow definition \(definition.id) does not compile: \(error)")
        }
    }

    /// The version of a flow that `run` names, under the scope of the transaction.
    static func find(
        _ reference: FlowReference, _ database: Database, in tx: Transaction
    ) throws -> FlowDefinition? {
        try Store<FlowDefinition>(database).find(
            where: "name = \(reference.name) AND version = \(reference.version) ORDER BY domain DESC LIMIT 1", in: tx
        ).first
    }

    /// For each definition record the newest active version of its flow, by the id of the definition record.
    static func newest(
        of records: [DefinitionRecord], _ database: Database, in tx: Transaction
    ) throws -> [String: FlowDefinition] {
        guard !records.isEmpty else { return [:] }
        let rows = try tx.query(
            """
            SELECT DISTINCT ON (record.id) record.id, newest.id AS flow FROM play_launcher.definition_record record \
            JOIN play_launcher.flow_definition named ON named.id = record.flow \
            JOIN play_launcher.flow_definition newest ON newest.name = named.name \
            AND newest.domain = named.domain AND newest.active \
            WHERE record.id = ANY(\(records.map(\.id))) \
            ORDER BY record.id, string_to_array(newest.version, '.')::numeric[] DESC
            """)
        var chosen: [String: String] = [:]
        for row in rows {
            chosen[try row.string(DefinitionRecord.Field.id)] = try row.string(DefinitionRecord.Field.flow)
        }
        let ids = Array(Set(chosen.values))
        let found = try Store<FlowDefinition>(database).find(where: "id = ANY(\(ids))", in: tx)
        let flows = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return chosen.compactMapValues { flows[$0] }
    }
}

extension CompiledFlow {
    /// Whether the flow can be launched from records of `table`: the services declare what it calls, `metadata.sources`
    /// may name the tables, and a table without an engagement does not do for a flow that needs one.
    func launches(from table: String) -> Bool {
        guard methods.allSatisfy(FlowMethod.exists) else { return false }
        if let sources = metadata["sources"]?.array, !sources.contains(.string(table)) { return false }
        return PlaySource.hasEngagement(table) || !needsEngagement
    }

    private var needsEngagement: Bool {
        let bare: JSONValue = ["source": ["table": "t", "id": "i", "account": "a"], "answers": [:]]
        return validate(input: bare).violations.contains { $0.field == "source.engagement" }
    }

    /// The title for people; definition records have one language, flows have two.
    func title(_ record: DefinitionRecord) -> Text {
        let own = record.title ?? title.en
        return own == title.en ? Text(title) : Text(en: own, ko: own)
    }

    /// What the entry does, for people.
    func summary(_ record: DefinitionRecord, _ language: String) -> String {
        let own = record.description ?? summary.en
        return own == summary.en ? Text(summary)(language) : own
    }
}

extension Text {
    /// A text of a flow.
    init(_ text: FlowText) { self.init(en: text.en, ko: text.ko) }
}
