import OnboardingWire
import RPC
import Wire

/// A view that somebody takes away, and brings back by keeping it once more under its name.
struct RemovedView {
    /// What was kept.
    private struct Kept: Undoable {
        let request: SaveViewRequest
        var count: Int { 1 }
        var isEmpty: Bool { false }
        var size: Int { request.query.utf8.count }
    }

    private let visit: Visit
    private let table: String

    init(_ visit: Visit) throws(Problem) {
        self.visit = visit
        table = try ListPages.table(visit).schema.table
    }

    /// Takes it away; it stands in the form what it was.
    func remove() async throws(Problem) -> Answer {
        var request = DeleteRequest()
        request.id = visit.part("view")
        _ = try await visit.ask(OnboardingAPI.removeView, request)
        var kept = SaveViewRequest()
        kept.list = table
        kept.name = visit.form[SaveViewRequest.Field.name]
        kept.query = visit.form["kept"]
        let change = visit.undos.keep(kept.name.isEmpty ? nil : Kept(request: kept), of: visit.person)
        let undo = change.map { "\(ListPages.href(table))/views/back/\($0)" } ?? ""
        return .moved(
            to: ListPages.address(table, visit.form[SaveViewRequest.Field.query], done: .removed, undo: undo))
    }

    /// Brings it back, and shows it.
    func takeBack() async throws(Problem) -> Answer {
        let request = try await visit.undos.take(visit.part("change"), of: visit.person) {
            (kept: Kept) async throws(Problem) in
            _ = try await visit.ask(OnboardingAPI.saveView, kept.request)
            return kept.request
        }
        return .moved(to: ListPages.address(table, request.query, done: .restored))
    }
}
