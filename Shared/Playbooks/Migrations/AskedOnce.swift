import PlaybooksWire
import Records
import Wire

/// Answers about people and calendars, asked for once: by runs that are looked at together, and by one that is told and then
/// moved. For work that changes neither teams nor users in between.
final class AskedOnce {
    /// The parent records that are asked for together.
    private let records: [String]
    private var holders: [String: [String: Assignable]] = [:]
    private var languages: [String: String] = [:]
    private var assignable: [String: Bool] = [:]
    private var holidays: [String: [CivilDate]] = [:]

    /// Of runs over `records`.
    init(_ records: [String] = []) { self.records = records }

    /// Who does the work of a responsibility for a record: see ``PlaybookPeople/holders``.
    func holder(
        _ responsibility: String, _ record: String, _ playbooks: Playbooks, _ context: RuleContext
    ) throws -> String? {
        if let known = holders[responsibility] { return known[record]?.user }
        let areTogether = records.contains(record)
        let found = try playbooks.people.holders(responsibility, areTogether ? records : [record], context)
        if areTogether { holders[responsibility] = found }
        for holder in found.values { languages[holder.user] = holder.language }
        return found[record]?.user
    }

    /// The language in which a text is written for a user, nil for nobody: see `RuleContext.language(of:)`.
    func language(of user: String?, _ context: RuleContext) throws -> String {
        if let known = user.flatMap({ languages[$0] }) { return known }
        let language = try context.language(of: user)
        if let user { languages[user] = language }
        return language
    }

    /// Whether work may be given to a user.
    func mayBeAssigned(_ user: String, _ context: RuleContext) throws -> Bool {
        if let known = assignable[user] { return known }
        let isSo = try context.mayBeAssigned(user)
        assignable[user] = isSo
        return isSo
    }

    /// The holidays of a record.
    func holidays(
        of record: any RecordMessage, _ playbooks: Playbooks, _ context: RuleContext
    ) throws -> [CivilDate] {
        if let known = holidays[record.id] { return known }
        let days = try playbooks.holidays(record, context.transaction)
        holidays[record.id] = days
        return days
    }
}
