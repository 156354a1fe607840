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
        Entry(href: "/onboarding/list?card=my_active_cases", key: "o", label: Text(en: "Onboarding", ko: "온보딩")),
        Entry(href: "/onboarding/list?card=active_tasks", key: "t", label: Text(en: "Tasks", ko: "작업")),
        Entry(href: "/search", key: "s", label: Text(en: "Search", ko: "검색")),
    ]

    private static let customers = [
        Entry(href: "/portal", key: "h", label: Text(en: "My lists", ko: "내 목록")),
        Entry(href: "/notices", key: "m", label: Text(en: "Notices", ko: "알림")),
    ]

    private static let people = Entry(href: "/people", key: "p", label: Text(en: "People", ko: "사용자"))

    /// The entries for one page.
    static func values(for person: Person, _ visit: Visit) -> [Values] {
        let query = visit.query["card"]
        let here = visit.path + (query.isEmpty ? "" : "?card=\(query)")
        let all = (person.isCustomer ? customers : entries) + (PeoplePages.isFor(person) ? [people] : [])
        return all.map { entry in
            [
                "href": entry.href, "key": entry.key, "label": visit.reader(entry.label), "current": entry.href == here,
            ]
        }
    }
}
