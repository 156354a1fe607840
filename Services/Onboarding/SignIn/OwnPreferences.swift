import OnboardingWire
import RPC
import Records
import Tenancy
import Wire

/// How a person is shown pages and times: their own to choose, whatever else of a user is the administrator's (G-103).
struct OwnPreferences: Sendable {
    let database: Database

    private typealias Field = ChangePreferencesRequest.Field

    /// Changes the caller's own; what is empty stays.
    func change(_ request: ChangePreferencesRequest, _ call: Call) async throws(Problem) -> Preferences {
        let caller = call.caller
        guard caller.kind == .person || caller.kind == .customer else { throw .permissionDenied() }
        try Self.check(request)
        let database = database
        let context = WriteContext(caller: caller, now: database.clock.now, trace: call.trace.header).asSystem
        let service = Caller.service(database.service, domain: .root)
        return try await database.transaction(as: service, deadline: call.deadline) { tx in
            let user = try Store<User>(database).change(caller.subject, context, in: tx) { user in
                if !request.language.isEmpty { user.language = request.language }
                if !request.timeZone.isEmpty { user.timeZone = request.timeZone }
            }
            var preferences = Preferences()
            preferences.language = user.language ?? User.Language.en
            preferences.timeZone = user.timeZone ?? ""
            return preferences
        }
    }

    private static func check(_ request: ChangePreferencesRequest) throws(Problem) {
        let entered: [(Field, User.Field, String)] = [
            (.language, .language, request.language), (.timeZone, .timeZone, request.timeZone),
        ]
        for (field, stored, text) in entered where !text.isEmpty {
            guard let known = User.schema.field(stored.rawValue), let fault = Validation.fault(.string(text), known)
            else { continue }
            throw .invalid(field: field, fault)
        }
    }
}
