import PlaybooksWire
import RPC
import Records
import Tenancy
import Wire

/// What an activity makes belongs where the record of its run does, or above it: a definition may name the id of another
/// tenant's record, and what is made would show what the run knows.
extension Playbooks {
    /// Why the record that `creation` describes must not be made with these values for a run over a record of `domain`; nil
    /// when nothing speaks against it. The records of this service that it names must be there, and lie there or above: it
    /// will lie where they do. What the parent record names is in its reach already.
    func faultInReach(
        of values: [String: String], _ creation: ActivityCreation, from domain: DomainPath?, _ context: RuleContext
    ) throws -> Text? {
        guard let schema = tables[creation.table]?.schema ?? remote[creation.table]?.schema else { return nil }
        for setting in creation.fields where setting.fromField.isEmpty {
            guard let field = schema.field(setting.field) else { continue }
            let ids = RunWork.ids(values[setting.field] ?? "", field)
            guard !ids.isEmpty, let domains = try domains(of: ids, field.referencedTables, context) else { continue }
            guard ids.allSatisfy({ domains[$0] != nil }) else {
                return field.blamed(
                    Text(en: "The record that the activity names is not there.", ko: "활동에서 지정한 레코드가 없습니다."))
            }
            guard let domain, !domains.values.allSatisfy({ $0.contains(domain) }) else { continue }
            return field.blamed(Self.outOfReach)
        }
        return nil
    }

    /// Refuses a record that was made out of reach of the run's.
    func checkReach(_ made: any RecordMessage, from parent: (any RecordMessage)?) throws(Problem) {
        guard let parent, let own = DomainPath(parent.domain), DomainPath(made.domain)?.contains(own) != true else {
            return
        }
        throw .invalid(field: type(of: made).path(.domain), Self.outOfReach, rule: "PLAYBOOK_DOMAIN")
    }

    private static let outOfReach = Text(
        en: "What an activity makes must belong where the record of its run does, or above it.",
        ko: "활동에서 만드는 레코드는 실행 대상 레코드와 같은 도메인이나 상위 도메인에 속해야 합니다.")

    /// Where records of these tables lie, by their ids, as far as the caller's scope goes: they are named by the service,
    /// whatever the caller's roles may read. Nil where one of the tables is another service's, which knows, and for people,
    /// who are looked at when they are given work.
    private func domains(
        of ids: [String], _ tables: [String], _ context: RuleContext
    ) throws -> [String: DomainPath]? {
        var domains: [String: DomainPath] = [:]
        for table in tables {
            guard table != PlaybookCheck.users, context.isKnown(table), !context.isCopied(table) else { return nil }
            let rows = try context.transaction.query(
                """
                SELECT id, domain FROM \(identifier: database.schema).\(identifier: table) \
                WHERE id = ANY(\(ids.filter(Validation.isUUID))::uuid[])
                """)
            for row in rows {
                domains[try row.string(PlaybookColumn.id)] = DomainPath(try row.string(PlaybookColumn.domain))
            }
        }
        return domains
    }
}

extension FieldSchema {
    /// A fault of a value of the field, which its sentence does not name.
    func blamed(_ fault: Text) -> Text {
        Text(en: "\(label.en): \(fault.en)", ko: "\(label.ko): \(fault.ko)")
    }
}

extension Problem {
    /// Why a record of a table could not be made: of what is wrong with one field, the sentence names the field.
    func blaming(_ schema: RecordSchema?) -> Text {
        guard let violation = violations.first, let name = violation.field.split(separator: ".").last,
            let field = schema?.field(String(name)), !violation.text.en.contains(field.label.en)
        else { return text }
        return field.blamed(violation.text)
    }
}
