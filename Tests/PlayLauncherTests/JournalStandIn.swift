import CustomerSuccessWire
import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import Wire

@testable import PlayLauncherService

/// Stands in for the journal of engagements: what is written here is told as an event and kept as an entry, as the owner
/// does both.
final class JournalStandIn: Sendable {
    /// What was written, as its event tells it.
    struct Written: Sendable {
        let event: RecordEvent
        let trace: String?
    }

    private struct State {
        var engagements: [String: Engagement] = [:]
        /// Where what is gone was.
        var gone: [String: String] = [:]
        /// What it held, where that is known.
        var held: [String: Engagement] = [:]
        var changes: [RecordChange] = []
        var unreadable: String?
    }
    private let state = Mutex(State())
    /// Changes of one page.
    private let page: Int

    init(page: Int = 7) { self.page = page }

    /// Refuses whoever asks for engagements by a filter with `text`.
    func refuse(filter text: String) { state.withLock { $0.unreadable = text } }

    /// Deletes an engagement as it was before deletions were journaled: its entries stay.
    func remove(_ id: String) {
        state.withLock { state in state.gone[id] = state.engagements.removeValue(forKey: id)?.domain }
    }

    /// Deletes an engagement: what it held is kept.
    @discardableResult
    func delete(_ id: String, at now: Timestamp, by person: String = "somebody") -> Written {
        state.withLock { state in
            let old = state.engagements.removeValue(forKey: id) ?? Engagement()
            state.gone[id] = old.domain
            state.held[id] = old
            var change = RecordChange()
            (change.record, change.at, change.by, change.deleted) = (id, now, person, true)
            change.fields = Engagement.schema.fields.map(\.name)
            change.oldValues = Engagement.schema.fields.indices.map { old[fieldAt: $0].journalText }
            change.newValues = change.fields.map { _ in "" }
            state.changes.append(change)
            var event = RecordEvent()
            (event.eventID, event.service, event.table) = (uuid(), "customer-success", "engagement")
            (event.action, event.id, event.domain) = ("deleted", id, old.domain)
            (event.at, event.actor, event.revision) = (now, person, (Int64(old.etag) ?? 0) + 1)
            event.record = (try? old.encodeProtobuf()) ?? []
            return Written(event: event, trace: nil)
        }
    }

    /// Writes an engagement, which begins by it when there is none of that id.
    @discardableResult
    func write(
        _ id: String, at now: Timestamp, in domain: String = StandIn.domain, by person: String = "somebody",
        following cause: String? = nil, _ body: (inout Engagement) -> Void
    ) -> Written {
        state.withLock { state in
            let old = state.engagements[id]
            var new = old ?? Engagement()
            body(&new)
            let changed = Engagement.schema.fields.indices.filter {
                old == nil || old?[fieldAt: $0] != new[fieldAt: $0]
            }
            (new.id, new.domain, new.updatedAt) = (id, domain, now)
            if old == nil { new.createdAt = now }
            new.etag = String((Int(old?.etag ?? "0") ?? 0) + 1)
            state.engagements[id] = new
            var change = RecordChange()
            (change.record, change.at, change.by, change.created) = (id, now, person, old == nil)
            change.cause = cause ?? ""
            if let old {
                change.fields = changed.map { Engagement.schema.fields[$0].name }
                change.oldValues = changed.map { old[fieldAt: $0].journalText }
                change.newValues = changed.map { new[fieldAt: $0].journalText }
            }
            state.changes.append(change)
            var event = RecordEvent()
            (event.eventID, event.service, event.table) = (uuid(), "customer-success", "engagement")
            (event.action, event.id, event.domain) = (old == nil ? "created" : "updated", id, domain)
            (event.at, event.actor, event.revision) = (now, person, Int64(new.etag) ?? 0)
            event.changedFields = changed.map { Engagement.schema.fields[$0].name }
            event.oldValues = change.oldValues
            event.record = (try? new.encodeProtobuf()) ?? []
            return Written(event: event, trace: cause.flatMap { TraceContext.following(from: $0)?.header })
        }
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(CustomerSuccessAPI.listChangesOfCustomerSuccess) { [self] call, request async throws(Problem) in
                guard request.table == "engagement" else { return ListChangesResponse() }
                if let unknown = request.fields.first(where: { $0 == "contract_value" }) {
                    throw .invalid(field: "fields", Text(en: "There is no journal of \(unknown).", ko: unknown))
                }
                return changes(request, call)
            },
            Endpoint(CustomerSuccessAPI.listEngagements) { [self] call, request async throws(Problem) in
                if let text = state.withLock(\.unreadable), request.filter.contains(text) { throw .permissionDenied() }
                let seen = state.withLock { $0.engagements.values.sorted { $0.id < $1.id } }
                    .filter { DomainPath($0.domain).map(call.caller.domain.contains) ?? false }
                let start = Int(request.pageToken) ?? 0
                var list = ListEngagementsResponse()
                list.engagements = Array(seen.dropFirst(start).prefix(page))
                if seen.count > start + page { list.nextPageToken = String(start + page) }
                return list
            },
        ]
    }

    private func changes(_ request: ListChangesRequest, _ call: Call) -> ListChangesResponse {
        state.withLock { state in
            let until = request.until ?? Timestamp(seconds: Timestamp.latestSeconds)
            let since = request.since ?? Timestamp()
            func sees(_ record: String) -> Bool {
                let domain = (state.engagements[record]?.domain ?? state.gone[record]).flatMap(DomainPath.init)
                return domain.map(call.caller.domain.contains) ?? false && [record, ""].contains(request.record)
            }
            let all = state.changes.enumerated().sorted {
                ($1.element.at ?? since, $1.offset) < ($0.element.at ?? since, $0.offset)
            }
            .map(\.element).filter { sees($0.record) }
            let asked = all.filter { change in
                let at = change.at ?? since
                return at >= since && at < until
                    && (change.created || change.deleted || change.fields.contains(where: request.fields.contains))
            }
            let start = Int(request.pageToken) ?? 0
            var response = ListChangesResponse()
            response.changes = asked.dropFirst(start).prefix(page).map { change in
                var shown = change
                (shown.fields, shown.oldValues, shown.newValues) = ([], [], [])
                for (place, field) in change.fields.enumerated() where request.fields.contains(field) {
                    shown.fields.append(field)
                    shown.oldValues.append(change.oldValues[place])
                    shown.newValues.append(change.newValues[place])
                }
                return shown
            }
            if asked.count > start + page { response.nextPageToken = String(start + page) }
            for record in Set(response.changes.map(\.record)) {
                guard let engagement = state.engagements[record] ?? state.held[record] else { continue }
                var values = Dictionary(
                    uniqueKeysWithValues: request.fields.map { ($0, engagement[named: $0].journalText) })
                for change in all
                where change.record == record && !change.deleted && (change.at ?? since) >= until {
                    for (field, old) in zip(change.fields, change.oldValues) where values[field] != nil {
                        values[field] = old
                    }
                }
                var known = ChangedRecord()
                (known.record, known.domain) = (record, engagement.domain)
                known.values = request.fields.map { values[$0] ?? "" }
                response.records.append(known)
            }
            return response
        }
    }
}
