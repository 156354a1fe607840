import CustomerSuccessWire
import OnboardingWire
import RPC
import Wire

/// An engagement in the portal (G-18): what comes next, what is reached, what has happened, what is done for the customer and by whom,
/// and the files that are shared. Nothing internal is in the answer that customers get.
enum PortalEngagementPage: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/portal/engagements/:id") { visit async throws(Problem) in .page(try await page(visit)) }
        PortalAsk.add(to: pages)
    }

    static func href(_ engagement: String) -> String { "/portal/engagements/\(Fields.encoded(engagement))" }

    static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let view = try await EngagementView.read(visit, isPortal: true)
        let (answer, engagement) = (view.answer, view.engagement)
        let language = visit.reader.language
        var facts: [Values] = []
        if let state = engagement.state {
            let shown = Engagement.schema.label(Engagement.Field.state, of: state, language)
            facts.append(.fact(view.label(.state), badge: state, shown))
        }
        if let stage = engagement.stage {
            let shown = Engagement.schema.label(Engagement.Field.stage, of: stage, language)
            facts.append(.fact(view.label(.stage), shown))
        }
        facts += view.facts
        if let day = engagement.renewalDate { facts.append(.fact(view.label(.renewalDate), date: day)) }
        let lists: [(String, PageSection?)] = [
            (visit.say("Meetings and talks", "회의와 상담"), answer.upcomingTouchpoints),
            (visit.say("Initiatives", "이니셔티브"), answer.initiatives),
            (visit.say("Success cases", "성공 케이스"), answer.successCases),
            (visit.say("Milestones", "마일스톤"), answer.milestones),
        ]
        var values = view.values(href(visit.part("id")))
        values.merge([
            "heading": engagement.title ?? "", "facts": facts,
            "ask": PortalAsk.values(engagement, visit, refused: refused),
            "lists": lists.compactMap { title, section -> Values? in
                guard let items = section?.items, !items.isEmpty else { return nil }
                return ["title": title, "items": items.map(view.parts.item)]
            },
            "people": answer.squad.filter { $0.active && !$0.name.isEmpty }.map { member -> Values in
                ["name": member.name, "detail": member.responsibilityName]
            },
        ]) { _, own in own }
        return view.page("portal_engagement", title: engagement.title ?? "", [Navigation.home(visit)], values)
    }
}
