import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// The record that a play is launched from, as addresses name it: `source=onboarding_case:0191…`.
struct PlayOrigin: Sendable {
    let schema: RecordSchema
    let id: String

    /// The record that the address or the form names; NOT_FOUND for what no play is launched from.
    init(_ visit: Visit) throws(Problem) {
        let text = visit.form["source"].isEmpty ? visit.query["source"] : visit.form["source"]
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let schema = Dictionaries.schema(parts[0]), schema.launchesPlays else {
            throw .notFound(Text(en: "There is no such record.", ko: "해당 레코드가 없습니다."))
        }
        self.schema = schema
        id = parts[1]
    }

    init(_ schema: RecordSchema, id: String) {
        self.schema = schema
        self.id = id
    }

    /// Whether somebody may launch plays at all.
    static func isOffered(_ person: Person) -> Bool {
        Access.allows(person.roles, .create, on: FlowRun.schema.table)
    }

    /// As addresses name it.
    var text: String { "\(schema.table):\(id)" }

    /// The launcher over the record.
    var href: String { "/plays?source=\(Fields.encoded(text))" }

    /// The blueprints that can be laid out for it, an engagement.
    var blueprints: String { "/plays/blueprints?source=\(Fields.encoded(text))" }

    /// What people call it: the label of its table, and its name where the reader may see it.
    func name(_ visit: Visit) async throws(Problem) -> String {
        let names = try await Lookup(visit).names(of: [id], in: schema.table)
        return "\(schema.label(visit.reader.language)) \(names[id] ?? "")".trimmed
    }

    /// The way to the pages of its plays.
    func trail(_ name: String, _ visit: Visit) -> [Crumb] {
        let page = Address.of(schema.table, id, id: id)
        return (page.isEmpty ? [] : [Crumb(label: name, href: page)])
            + [Crumb(label: visit.say("Success plays", "성공 플레이"), href: href)]
    }
}
