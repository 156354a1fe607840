import Filters
import NotifierWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

extension InAppNotification: Record {
    /// A notification lives in the domain of its reader, who need not see the domain of the record it tells about.
    public static let storage = Storage<InAppNotification>(
        domain: .preset, customer: CustomerAccess(rows: { Self.own($0) }), immutable: [.user, .subject, .body])

    /// The filter for a caller's own notifications; administrators too see none but their own.
    static func own(_ caller: Caller) -> FieldFilter<Field> {
        // Who is no person, such as a system, has none: no user has this id.
        let user = Validation.isUUID(caller.subject) ? caller.subject : "00000000-0000-0000-0000-000000000000"
        return .equal(.user, user)
    }
}

/// Reading of notifications: each person's own, and nobody else's.
struct Notifications: Sendable {
    let database: Database

    /// get, list and mark_read.
    var endpoints: [Endpoint] {
        [
            Endpoint(NotifierAPI.getInAppNotification) { call, request async throws(Problem) in
                let database = database
                return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    let store = Store<InAppNotification>(database)
                    let found = try store.get(request.id, as: call.caller, in: tx)
                    try Self.check(found, belongsTo: call.caller)
                    return found
                }
            },
            Endpoint(NotifierAPI.listInAppNotifications) { call, request async throws(Problem) in
                let database = database
                let page = try await database.transaction(
                    as: call.caller, deadline: call.deadline, readOnly: true
                ) { tx in
                    try Store<InAppNotification>(database).list(
                        request, as: call.caller, narrowed: InAppNotification.own(call.caller), in: tx)
                }
                return ListInAppNotificationsResponse(
                    resources: page.records, nextPageToken: page.nextPageToken, totalSize: page.totalSize)
            },
            Endpoint(NotifierAPI.markNotificationRead) { call, request async throws(Problem) in
                try await markRead(request, call)
            },
        ]
    }

    private func markRead(_ request: ActionRequest, _ call: Call) async throws(Problem) -> InAppNotification {
        guard Access.allows(call.caller.roles, .write, on: InAppNotification.schema.table) else {
            throw .permissionDenied()
        }
        let database = database
        return try await database.perform(
            call, NotifierAPI.markNotificationRead.name, request, requestID: request.requestID
        ) { tx, context in
            let store = Store<InAppNotification>(database)
            // read_at is the system's to write; whose notification it is was checked just before.
            let changed = try store.change(request.id, etag: request.etag, context.asSystem, in: tx) { notification in
                try Self.check(notification, belongsTo: call.caller)
                if notification.readAt == nil { notification.readAt = context.now }
            }
            return store.projected(changed, for: call.caller)
        }
    }

    /// Another's notification is not there for the caller.
    private static func check(_ notification: InAppNotification, belongsTo caller: Caller) throws(Problem) {
        guard notification.user == caller.subject else {
            throw .notFound(InAppNotification.schema.label, id: notification.id)
        }
    }
}
