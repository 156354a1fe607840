import Ground
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Views of lists that people keep: what a list was narrowed to, in which order, with which columns. Each is of whoever has kept
/// it, and of nobody else.
struct SavedViews: Sendable {
    /// Most views of one person.
    private static let most = 100
    private static let longestList = 60
    private static let longestName = 80
    private static let longestQuery = 4_000
    private static let label = Text(en: "Saved view", ko: "저장된 보기")

    private enum Column: String {
        case id, list, name, query
        case savedAt = "saved_at"
    }

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `saved_views.list`, `saved_views.save` and `saved_views.remove`.
    var endpoints: [Endpoint] {
        [
            Endpoint(OnboardingAPI.listSavedViews) { call, request async throws(Problem) in
                try await list(request, call)
            },
            Endpoint(OnboardingAPI.saveView) { call, request async throws(Problem) in try await save(request, call) },
            Endpoint(OnboardingAPI.removeView) { call, request async throws(Problem) in
                try await remove(request, call)
            },
        ]
    }

    /// The service itself: whose views they are, the token says.
    private var service: Caller { .service(database.service, domain: .root) }

    private static func own(_ caller: Caller) -> SQL {
        "\"user\" = \(caller.subject) AND domain = \(caller.domain.path)"
    }

    private func list(_ request: ListSavedViewsRequest, _ call: Call) async throws(Problem) -> ListSavedViewsResponse {
        let own = Self.own(call.caller)
        let ofList: SQL = request.list.isEmpty ? "TRUE" : "list = \(request.list)"
        return try await database.transaction(as: service, deadline: call.deadline, readOnly: true) { tx in
            var response = ListSavedViewsResponse()
            response.savedViews = try tx.query(
                """
                SELECT id, list, name, query, saved_at FROM onboarding.saved_view WHERE \(own) AND \(ofList) \
                ORDER BY list, name LIMIT \(Self.most)
                """
            ).map(Self.view)
            return response
        }
    }

    private func save(_ request: SaveViewRequest, _ call: Call) async throws(Problem) -> SavedView {
        let name = request.name.trimmed
        try Self.check(request, name)
        let (own, caller, now) = (Self.own(call.caller), call.caller, database.clock.now)
        return try await database.transaction(as: service, deadline: call.deadline) { tx in
            let others = try tx.query(
                """
                SELECT id FROM onboarding.saved_view WHERE \(own) AND (list, name) <> (\(request.list), \(name)) \
                LIMIT \(Self.most)
                """)
            guard others.count < Self.most else {
                throw Problem(
                    .failedPrecondition,
                    Text(
                        en: "You have \(Self.most) views. Remove one first.",
                        ko: "저장된 보기가 \(grouped: Self.most)개입니다. 먼저 하나를 삭제하세요."), reason: "TOO_MANY_VIEWS")
            }
            let rows = try tx.query(
                """
                INSERT INTO onboarding.saved_view (id, domain, "user", list, name, query, saved_at) \
                VALUES (\(RecordID.make(at: now)), \(caller.domain.path), \(caller.subject), \(request.list), \(name), \
                \(request.query), \(now.sqlValue)) ON CONFLICT ("user", domain, list, name) \
                DO UPDATE SET query = EXCLUDED.query, saved_at = EXCLUDED.saved_at \
                RETURNING id, list, name, query, saved_at
                """)
            guard let row = rows.first else { throw Problem.internalError(cause: "a view was not kept") }
            return try Self.view(row)
        }
    }

    private func remove(_ request: DeleteRequest, _ call: Call) async throws(Problem) -> Empty {
        let unknown = Problem.notFound(Self.label, id: request.id)
        guard Validation.isUUID(request.id) else { throw unknown }
        let own = Self.own(call.caller)
        let removed = try await database.transaction(as: service, deadline: call.deadline) { tx in
            try tx.query("DELETE FROM onboarding.saved_view WHERE id = \(request.id) AND \(own) RETURNING id").count
        }
        guard removed == 1 else { throw unknown }
        return Empty()
    }

    private static func check(_ request: SaveViewRequest, _ name: String) throws(Problem) {
        let isList =
            !request.list.isEmpty && request.list.utf8.count <= longestList
            && request.list.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_")
            }
        guard isList else {
            throw .invalid(
                field: SaveViewRequest.Field.list,
                Text(
                    en: "A list is named by 1 to \(longestList) letters, digits and '_'.",
                    ko: "목록 이름은 영문자, 숫자, '_' 1~\(grouped: longestList)자입니다."))
        }
        guard !name.isEmpty, name.unicodeScalars.count <= longestName, !name.contains(where: \.isNewline) else {
            throw .invalid(
                field: SaveViewRequest.Field.name,
                Text(
                    en: "Give the view a name of at most \(longestName) characters.",
                    ko: "보기 이름을 \(grouped: longestName)자 이내로 입력하세요."))
        }
        guard request.query.utf8.count <= longestQuery else {
            throw .invalid(
                field: SaveViewRequest.Field.query,
                Text(en: "The view is narrowed by too much to be kept.", ko: "보기 조건이 너무 길어 저장할 수 없습니다."))
        }
    }

    private static func view(_ row: Row) throws -> SavedView {
        var view = SavedView()
        view.id = try row.string(Column.id)
        view.list = try row.string(Column.list)
        view.name = try row.string(Column.name)
        view.query = try row.string(Column.query)
        view.savedAt = Timestamp(microseconds: try row.timestamp(Column.savedAt))
        return view
    }
}
