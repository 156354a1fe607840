import CustomerSuccessWire
import PlayLauncherWire
import RPC
import Records
import Wire

/// Blueprints, an entry of their own on the engagement (G-81): the plays of the category Success planning, without a category
/// to choose.
extension Plays {
    /// The subcategories, and what can be laid out under each for an engagement.
    func blueprints(
        _ request: ListBlueprintsRequest, _ call: Call
    ) async throws(Problem) -> ListBlueprintsResponse {
        try authorize(call.caller)
        let offered = try await offered(from: Engagement.schema.table, call)
        var response = ListBlueprintsResponse()
        if let category = offered.categories.first(where: { $0.value == PlaySeed.blueprints }) {
            response.subcategories = category.subcategories
            response.entries = category.entries
        }
        return response
    }

    /// What a launch would make: its flow is carried out over the same checks, and nothing is written.
    func preview(_ request: PreviewPlayRequest, _ call: Call) async throws(Problem) -> PreviewPlayResponse {
        try authorize(call.caller)
        // The entry first, which is this service's own: its owner need not be asked about a record for one that is not there.
        _ = try await plan(request.definitionRecord, call)
        let launch = try await ready(
            request.definitionRecord, from: request.sourceTable, request.sourceRecord, request.answers, call)
        let rehearsal = PlayRehearsal(database: database, library: library, client: client)
        var response = PreviewPlayResponse()
        response.records = try await rehearsal.records(
            of: launch.plan.flow, launch.input, call)
        return response
    }
}
