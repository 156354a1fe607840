import Korean
import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import Wire

/// Playbooks for those who design them: where each stands, what its versions differ in, making a version of its draft, and bringing
/// running cases to the one that is active.
struct PlaybookPages: Sendable {
    let source: PlaybookSource

    fileprivate func add(to pages: Pages) {
        let root = source.root
        pages.get("\(root)") { visit async throws(Problem) in .page(try await list(visit)) }
        pages.get("\(root)/:id") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("\(root)/:id/migrations") { visit async throws(Problem) in
            try await Work.lead { () async throws(Problem) in
                var request = PreviewPlaybookMigrationRequest()
                request.definition = visit.part("id")
                return source.href(try await visit.ask(source.methods.preview, request))
            } refused: { refused async throws(Problem) in
                try await page(visit, refused: refused)
            }
        }
        MigrationPages(source: source).add(to: pages)
        DesignerPages(source: source).add(to: pages)
        TrialPages(source: source).add(to: pages)
        NewPlaybookPages(source: source).add(to: pages)
        VersionPages(source: source).add(to: pages)
    }

    /// Whether the pages are offered; onboarding decides by the same.
    static func isFor(_ person: Person) -> Bool {
        let table = OnboardingAPI.previewPlaybookMigration.need?.table ?? ""
        return !person.isCustomer && Access.allows(person.roles, .create, on: table)
    }

    // MARK: All

    private func list(_ visit: Visit) async throws(Problem) -> Page {
        var request = ListRequest()
        (request.pageSize, request.pageToken) = (200, visit.query["page"])
        let all = try await visit.ask(source.methods.definitions, request)
        let others = PlaybookSource.all.filter { $0.root != source.root }
        var values: Values = [
            "playbooks": all.playbookDefinitions.map { definition -> Values in
                [
                    "title": Self.text(definition.playbook?.label, definition.key, visit),
                    "href": source.href(definition.id),
                    "state": visit.reader(Self.state(definition)), "version": Self.version(definition.version, visit),
                ]
            },
            "others": others.map { other -> Values in ["title": visit.reader(other.title), "href": other.root] },
        ]
        if visit.person.map(Self.isFor) == true { values["new"] = "\(source.root)/new" }
        if !all.nextPageToken.isEmpty {
            values["next"] = "\(source.root)?page=\(Fields.encoded(all.nextPageToken))"
        }
        return Page(template: "playbooks", title: visit.reader(source.title), values: values)
    }

    static func state(_ definition: PlaybookDefinition) -> Text {
        switch definition.state {
        case "active" where definition.hasChanges: Text(en: "Active, with a draft", ko: "활성(초안 있음)")
        case "active": Text(en: "Active", ko: "활성")
        case "retired": Text(en: "Retired", ko: "사용 중지")
        default: Text(en: "Draft", ko: "초안")
        }
    }

    static func version(_ number: Int32, _ visit: Visit) -> String {
        number == 0 ? "" : visit.say("Version \(number)", "버전 \(number)")
    }

    static func text(_ label: LocalText?, _ key: String, _ visit: Visit) -> String {
        guard let label, !label.en.isEmpty else { return key }
        return visit.reader(Text(en: label.en, ko: label.ko.isEmpty ? label.en : label.ko))
    }

    // MARK: One

    func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let definition = try await source.definition(visit)
        var asked = ListPlaybookVersionsRequest()
        (asked.definition, asked.pageSize) = (definition.id, 100)
        let versions = try await visit.ask(source.methods.versions, asked).versions.map(\.number)
        var values: Values = [
            "state": visit.reader(Self.state(definition)), "href": source.href(definition.id),
            "migrations": try await migrations(of: definition.id, visit),
        ]
        if definition.version > 0 {
            values["migrate"] = visit.say(
                "What would version \(definition.version) change in records in progress?",
                "버전 \(definition.version)에 따라 진행 중인 레코드에서 변경되는 내용 보기")
        }
        values.merge(try await compare(definition, versions, visit)) { own, _ in own }
        if visit.person.map(Self.isFor) == true {
            values["design"] = VersionPages(source: source).values(definition, versions, visit)
        }
        if let refused {
            // Everything that keeps a draft from working stands in the designer, each thing at its place.
            let isFaulty = !refused.violations.isEmpty && visit.person.map(Self.isFor) == true
            values["problem"] =
                [
                    "text": refused.text(visit.reader.language),
                    "check": isFaulty ? "\(source.href(definition.id))/draft?check=true" : "",
                ] as Values
        }
        var page = Page(
            template: "playbook", title: Self.text(definition.playbook?.label, definition.key, visit), values: values)
        page.trail = [Crumb(label: visit.reader(source.title), href: source.root)]
        return page
    }

    /// What two versions differ in: those of the address, else the newest two, the draft among them where it differs.
    private func compare(
        _ definition: PlaybookDefinition, _ versions: [Int32], _ visit: Visit
    ) async throws(Problem) -> Values {
        guard let newest = versions.first else { return [:] }
        let to = Int32(visit.query["to"]) ?? (definition.hasChanges ? 0 : newest)
        let from = Int32(visit.query["from"]) ?? (to == 0 ? newest : versions.first { $0 < to } ?? newest)
        var request = ComparePlaybookVersionsRequest()
        (request.id, request.from, request.to) = (definition.id, from, to)
        let answer = try await visit.ask(source.methods.compare, request)
        func choices(_ numbers: [Int32], _ chosen: Int32) -> [Values] {
            numbers.map { number in
                [
                    "value": String(number), "chosen": number == chosen,
                    "label": number == 0 ? visit.say("The draft", "초안") : Self.version(number, visit),
                ]
            }
        }
        return [
            "versions": ["from": choices(versions, from), "to": choices([0] + versions, to)] as Values,
            "changes": answer.changes.map { Self.change($0, visit) },
            "running": visit.reader(
                Text(
                    en: "Open records that go by another version: \(grouped: answer.running).",
                    ko: "다른 버전으로 진행 중인 레코드: \(grouped: answer.running)개")),
        ]
    }

    private static func change(_ change: PlaybookChange, _ visit: Visit) -> Values {
        let what: Text =
            switch change.change {
            case "added": Text(en: "Added", ko: "추가")
            case "removed": Text(en: "Removed", ko: "삭제")
            case "moved": Text(en: "Moved", ko: "이동")
            default: Text(en: "Changed", ko: "변경")
            }
        let key = change.activity.isEmpty ? change.lane : change.activity
        let lane = change.activity.isEmpty ? "" : text(change.laneLabel, change.lane, visit)
        var (before, after) = (
            PlaybookFields.value(change.before, visit.reader), PlaybookFields.value(change.after, visit.reader)
        )
        if let activity = change.addedActivity { after = PlaybookFields.content(activity, visit.reader) }
        if change.change == "moved" {
            before = change.fromLane.isEmpty ? "" : text(change.fromLaneLabel, change.fromLane, visit)
            let behind = text(change.behindLabel, change.behind, visit)
            let place =
                change.behind.isEmpty ? visit.say("first", "맨 앞") : visit.say("behind ‘\(behind)’", "‘\(behind)’ 다음")
            after = [lane, place].filter { !$0.isEmpty }.joined(separator: ": ")
        }
        return [
            "what": visit.reader(what),
            "title": key.isEmpty ? visit.say("The playbook", "플레이북") : text(change.label, key, visit),
            "place": lane, "field": PlaybookFields.title(change.field, visit.reader), "before": before, "after": after,
        ]
    }

    private func migrations(of definition: String, _ visit: Visit) async throws(Problem) -> [Values] {
        var request = ListPlaybookMigrationsRequest()
        (request.definition, request.pageSize) = (definition, 20)
        return try await visit.ask(source.methods.migrations, request).migrations.map { migration in
            var values: Values = [
                "title": Self.version(migration.version, visit), "href": source.href(migration),
                "note": MigrationPages.counts(migration).map(visit.reader.callAsFunction).joined(separator: " · "),
            ]
            if let at = migration.createdAt { values["createdAt"] = at }
            return values
        }
    }
}

/// The playbooks of every service that has some.
enum PlaybookFolder: PageFolder {
    static func add(to pages: Pages) {
        for source in PlaybookSource.all { PlaybookPages(source: source).add(to: pages) }
    }
}
