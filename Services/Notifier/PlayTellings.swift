import NotifierWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Whom the launcher notifiers told what: kept with each telling, and listed for whoever reads the notifiers. The words are between
/// the product and their reader (ADR 0068).
struct PlayTellings: Sendable {
    /// Most of one notifier that are shown.
    private static let shown = 20

    private enum Column: String {
        case notifier, at, user, kind, delivery, state
    }

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Keeps that somebody was told, in the transaction of the telling.
    static func keep(
        _ kind: String, to user: String, by notifier: (id: String, domain: String), delivery: String?,
        _ context: WriteContext, _ tx: Transaction
    ) {
        tx.send(
            """
            INSERT INTO notifier.play_telling (id, notifier, domain, at, "user", kind, delivery) VALUES \
            (\(RecordID.make(at: context.now)), \(notifier.id), \(notifier.domain), \(context.now.sqlValue), \(user), \
            \(kind), \(delivery))
            """)
    }

    /// Answers `success_launcher_notifiers.list_followed`.
    var endpoint: Endpoint {
        Endpoint(NotifierAPI.listFollowedPlays) { call, request async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try list(request, call.caller, tx)
            }
        }
    }

    private func list(
        _ request: ListRequest, _ caller: Caller, _ tx: Transaction
    ) throws -> ListFollowedPlaysResponse {
        let page = try Store<SuccessLauncherNotifier>(database).list(request, as: caller, in: tx)
        let notifiers = page.records
        let definitions = database.replica(DefinitionRecord.self, .title, as: caller)
        let answers = try tx.queryAll([
            tellings(of: notifiers.map(\.id)),
            """
            SELECT id, title FROM \(definitions) definition \
            WHERE id = ANY(\(Set(notifiers.compactMap(\.definitionRecord)).sorted())::uuid[])
            """,
        ])
        var told: [String: [(user: String, telling: PlayTelling)]] = [:]
        for row in answers[0] {
            var telling = PlayTelling()
            telling.at = Timestamp(microseconds: try row.timestamp(Column.at))
            telling.kind = try row.string(Column.kind)
            telling.byEmail = try row.optionalString(Column.delivery) != nil
            telling.emailState = try row.optionalString(Column.state) ?? ""
            told[try row.string(Column.notifier), default: []].append((try row.string(Column.user), telling))
        }
        var titles: [String: String] = [:]
        for row in answers[1] {
            titles[try row.string(DefinitionRecord.Field.id)] = try row.optionalString(DefinitionRecord.Field.title)
        }
        let people = told.values.flatMap { $0.map(\.user) } + notifiers.compactMap(\.requestedBy)
        let names = try database.names(ofUsers: people, as: caller, in: tx)
        var response = ListFollowedPlaysResponse()
        response.nextPageToken = page.nextPageToken
        response.plays = notifiers.map { notifier in
            var play = FollowedPlay()
            play.notifier = notifier
            play.title = notifier.definitionRecord.flatMap { titles[$0] } ?? ""
            play.requestedByName = notifier.requestedBy.flatMap { names[$0] } ?? ""
            play.told = (told[notifier.id] ?? []).map { user, telling in
                var telling = telling
                telling.name = names[user] ?? ""
                return telling
            }
            return play
        }
        return response
    }

    /// The last tellings of some notifiers, the newest of each first. A delivery lives in the domain of its reader, and says how it
    /// stands to whoever sees that.
    private func tellings(of notifiers: [String]) -> SQL {
        """
        SELECT t.notifier, t.at, t."user", t.kind, t.delivery, d.state FROM unnest(\(notifiers)::uuid[]) AS of(id) \
        CROSS JOIN LATERAL (SELECT i.* FROM notifier.play_telling i WHERE i.notifier = of.id \
        ORDER BY i.id DESC LIMIT \(Self.shown)) t \
        LEFT JOIN notifier.email_delivery d ON d.id = t.delivery ORDER BY t.notifier, t.id DESC
        """
    }
}
