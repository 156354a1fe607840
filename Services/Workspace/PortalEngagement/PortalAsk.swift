import CustomerSuccessWire
import Foundation
import OnboardingWire
import RPC
import Records
import Roles
import Wire

/// What customers ask or tell of themselves at an engagement: it becomes a touchpoint in their name, which goes to the success manager
/// (G-18, G-86), and has its page in the portal.
enum PortalAsk {
    /// Where the form is on the page of the engagement, and what it is called there.
    static let place = "ask"

    static func add(to pages: Pages) {
        pages.post("/portal/engagements/:id/touchpoints") { visit async throws(Problem) in
            guard isFor(visit.person) else { throw .noPage }
            return try await Work.lead { () async throws(Problem) in
                let made = try await raise(visit)
                let page = PortalPages.href(Touchpoint.schema.table, made.id)
                return "\(page)?done=\(Toast.sent.rawValue)&saved=\(place)"
            } refused: { (problem) async throws(Problem) in
                try await PortalEngagementPage.page(visit, refused: problem)
            }
        }
    }

    /// Whether somebody may raise touchpoints, and does it here: the provider's people have the page of a new record.
    static func isFor(_ person: Person?) -> Bool {
        guard let person, person.isCustomer else { return false }
        return Access.allows(person.roles, .create, on: Touchpoint.schema.table)
    }

    /// The way to the form of an engagement; empty for whoever may not use it.
    static func href(_ engagement: String, _ visit: Visit) -> String {
        isFor(visit.person) ? "\(PortalEngagementPage.href(engagement))#\(place)" : ""
    }

    /// The form; empty where nothing is raised any more, and for whoever may not.
    static func values(_ engagement: Engagement, _ visit: Visit, refused: Problem?) -> any Sendable {
        guard engagement.active != false || refused != nil, isFor(visit.person) else { return "" }
        let action = "\(PortalEngagementPage.href(visit.part("id")))/touchpoints#\(place)"
        var values = form(engagement, visit).values(Touchpoint(), names: [:], action: action, refused: refused)
        let sent = visit.form["once"]
        values["once"] = sent.isEmpty ? UUID().uuidString.lowercased() : sent
        return values
    }

    /// A product is offered to whoever may choose one, of those that the account has bought.
    private static func form(_ engagement: Engagement, _ visit: Visit) -> RecordForm<Touchpoint> {
        let mayChoose = Access.allows(visit.person?.roles ?? [], .read, on: SoldProduct.schema.table)
        let ofAccount = KnownFields(
            references: [Touchpoint.Field.product.rawValue: SoldProduct.schema.table],
            filter: FilterText.equal(SoldProduct.Field.account, engagement.account ?? ""))
        return RecordForm(
            [.subject, .description, .category] + (mayChoose ? [.product] : []), visit, isNew: true, known: ofAccount)
    }

    /// Raises what was entered, once however often it is sent.
    private static func raise(_ visit: Visit) async throws(Problem) -> Touchpoint {
        var get = GetRequest()
        get.id = visit.part("id")
        let engagement = try await visit.ask(CustomerSuccessAPI.getEngagement, get)
        var (touchpoint, _) = try await form(engagement, visit).record(id: "", etag: "")
        (touchpoint.engagement, touchpoint.channel) = (engagement.id, Touchpoint.Channel.web)
        if touchpoint.product != nil { touchpoint.productRelated = true }
        var request = CreateTouchpointRequest()
        (request.touchpoint, request.requestID) = (touchpoint, visit.form["once"])
        return try await visit.ask(CustomerSuccessAPI.createTouchpoint, request)
    }
}
