import CustomerSuccessWire
import OnboardingWire
import Roles
import Wire

/// The navigation by job. What is not shown is not forbidden by that: the services decide.
enum Navigation {
    private struct Entry {
        let href: String
        let key: String
        let label: Text
    }

    private static let work = Entry(href: "/onboarding", key: "h", label: Text(en: "My work", ko: "내 작업"))
    private static let search = Entry(href: "/search", key: "s", label: Text(en: "Search", ko: "검색"))
    private static let entries = [
        Entry(href: "/lists/onboarding_case?active=true", key: "o", label: Text(en: "Cases", ko: "케이스")),
        Entry(href: "/lists/lifecycle_task?active=true", key: "t", label: Text(en: "Tasks", ko: "작업")),
        Entry(href: "/lists/import_task?active=true", key: "i", label: Text(en: "Imports", ko: "가져오기")),
    ]
    private static let touchpoints = Entry(
        href: "/lists/touchpoint?active=true", key: "u", label: Text(en: "Touchpoints", ko: "접점"))
    private static let risks = Entry(
        href: "/lists/risk_signal?active=true", key: "r", label: Text(en: "Risk signals", ko: "위험 신호"))

    private static let success = Entry(
        href: SuccessLanding.href, key: "c", label: Text(en: "Customer success", ko: "고객 성공"))
    private static let opportunities = Entry(
        href: "/lists/opportunity?active=true", key: "e", label: Text(en: "Opportunities", ko: "영업 기회"))

    private static let portal = Entry(href: "/portal", key: "h", label: Text(en: "My lists", ko: "내 목록"))
    private static let notices = Entry(href: "/notices", key: "m", label: Text(en: "Notices", ko: "알림"))

    private static let serviceBridge = Entry(
        href: "/portal/service-bridge", key: "b", label: Text(en: "Service Bridge", ko: "Service Bridge"))
    private static let people = Entry(href: "/people", key: "p", label: Text(en: "People", ko: "사용자"))

    private static let administration = Entry(
        href: AdministrationPages.href, key: "a", label: Text(en: "Administration", ko: "관리"))
    private static let playbooks = Entry(href: "/playbooks", key: "y", label: Text(en: "Playbooks", ko: "플레이북"))

    /// Where somebody begins: the first page of these that the own roles may read.
    private static func start(_ person: Person) -> Entry {
        if person.isCustomer { return portal }
        if mayRead(OnboardingAPI.getOnboardingLandingPage.need?.table ?? "", person) { return work }
        if PlaybookPages.isFor(person) { return playbooks }
        if SuccessLanding.isFor(person) { return success }
        return mayRead(Touchpoint.schema.table, person) ? touchpoints : search
    }

    private static func mayRead(_ table: String, _ person: Person) -> Bool {
        Access.allows(person.roles, .read, on: table)
    }

    /// The address of where somebody begins.
    static func home(of person: Person) -> String { start(person).href }

    /// The way back there, above a page.
    static func home(_ visit: Visit) -> Crumb {
        let entry = visit.person.map(start) ?? search
        return Crumb(label: visit.reader(entry.label), href: entry.href)
    }

    /// Whether a page is the one that an entry leads to, or stands below it: a playbook is one of the playbooks. What customers see
    /// stands below their first page, which is one of its own.
    private static func isAt(_ entry: Entry, _ path: String) -> Bool {
        let place = entry.href.prefix { $0 != "?" }
        return path == place || place != portal.href && path.hasPrefix("\(place)/")
    }

    /// The entries for one page.
    static func values(for person: Person, _ visit: Visit) -> [Values] {
        let start = start(person)
        let isOfSuccess = [touchpoints.href, success.href].contains(start.href)
        let ofSuccess = [touchpoints, risks] + (mayRead(Opportunity.schema.table, person) ? [opportunities] : [])
        let all =
            (person.isCustomer
                ? [search, notices]
                : (isOfSuccess ? ofSuccess : SuccessLanding.isFor(person) ? [success] : []) + entries + [search])
            + (RegistrationPages.isFor(person) ? [serviceBridge] : [])
            + (PeoplePages.isFor(person) ? [people] : [])
            + (PlaybookPages.isFor(person) ? [playbooks] : [])
            + (AdministrationPages.isFor(person) ? [administration] : [])
        let first = Entry(href: start.href, key: "h", label: start.label)
        return ([first] + all.filter { $0.href != start.href }).map { entry in
            [
                "href": entry.href, "key": entry.key, "label": visit.reader(entry.label),
                "current": isAt(entry, visit.path),
            ]
        }
    }
}
