import CustomerSuccessWire
import OnboardingWire
import RPC
import Wire

/// What customer success shows on the first page of the portal (G-18), in one request: meetings and talks, what is under way, milestones
/// that are ahead, and the engagements whose plans are followed.
struct PortalSuccessLists: Sendable {
    private let answer: PortalSuccess
    private let visit: Visit

    /// The lists; nothing for who follows none.
    static func read(_ visit: Visit) async -> Part<PortalSuccessLists> {
        await Part.of { () async throws(Problem) in
            PortalSuccessLists(
                answer: try await visit.ask(CustomerSuccessAPI.getPortalSuccess, GetPortalSuccessRequest()),
                visit: visit)
        }
    }

    /// The lists as the page shows them.
    var values: Values {
        var touchpoints = list(answer.touchpoints)
        touchpoints["tool"] = ListPages.href(Touchpoint.schema.table)
        let work = [answer.successCases, answer.initiatives, answer.milestones].flatMap { $0?.items ?? [] }
        return [
            "touchpoints": touchpoints, "work": ["items": work.map(item), "more": "", "shown": ""] as Values,
            "plans": (answer.engagements?.items ?? []).map { engagement -> Values in
                [
                    "name": engagement.title, "href": PortalEngagementPage.href(engagement.id),
                    "ask": PortalAsk.href(engagement.id, visit),
                ]
            },
        ]
    }

    private func list(_ section: PageSection?) -> Values {
        ["items": (section?.items ?? []).map(item), "more": "", "shown": ""]
    }

    private func item(_ found: PageItem) -> Seen {
        var item = PortalItem()
        (item.id, item.number, item.title) = (found.id, found.number, found.title)
        let schema = Dictionaries.schema(found.table)
        item.state = schema?.label(SuccessTask.Field.state, of: found.state, visit.reader.language) ?? found.state
        item.date = found.meetingDate ?? found.dueDate
        return Seen(item, ["href": PortalPages.href(found.table, found.id)])
    }
}
