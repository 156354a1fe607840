import Wire

/// The navigation by job. What is not shown is not forbidden by that: the services decide.
enum Navigation {
    private struct Entry {
        let href: String
        let key: String
        let label: Text
    }

    private static let entries = [
        Entry(href: "/onboarding", key: "h", label: Text(en: "My work", ko: "내 작업")),
        Entry(href: "/lists/onboarding_case?active=true", key: "o", label: Text(en: "Cases", ko: "케이스")),
        Entry(href: "/lists/lifecycle_task?active=true", key: "t", label: Text(en: "Tasks", ko: "작업")),
        Entry(href: "/lists/import_task?active=true", key: "i", label: Text(en: "Imports", ko: "가져오기")),
        Entry(href: "/search", key: "s", label: Text(en: "Search", ko: "검색")),
    ]

    private static let customers = [
        Entry(href: "/portal", key: "h", label: Text(en: "My lists", ko: "내 목록")),
        Entry(href: "/notices", key: "m", label: Text(en: "Notices", ko: "알림")),
    ]

    private static let serviceBridge = Entry(
        href: "/portal/service-bridge", key: "b", label: Text(en: "Service Bridge", ko: "Service Bridge"))
    private static let people = Entry(href: "/people", key: "p", label: Text(en: "People", ko: "사용자"))

    private static let playbooks = Entry(href: "/playbooks", key: "y", label: Text(en: "Playbooks", ko: "플레이북"))

    /// The entries for one page.
    static func values(for person: Person, _ visit: Visit) -> [Values] {
        let all =
            (person.isCustomer ? customers : entries) + (RegistrationPages.isFor(person) ? [serviceBridge] : [])
            + (PeoplePages.isFor(person) ? [people] : [])
            + (PlaybookPages.isFor(person) ? [playbooks] : [])
        return all.map { entry in
            [
                "href": entry.href, "key": entry.key, "label": visit.reader(entry.label),
                "current": entry.href.prefix { $0 != "?" } == visit.path,
            ]
        }
    }
}
