import Korean
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// Bringing running cases to another version of their playbook: what would become of each, choosing, doing, and taking back.
struct MigrationPages: Sendable {
    let source: PlaybookSource

    func add(to pages: Pages) {
        let place = "\(source.root)/:id/migrations/:migration"
        pages.get("\(place)") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("\(place)") { visit async throws(Problem) in
            try await Work.lead { () async throws(Problem) in
                let isBack = visit.form["do"].hasPrefix("undo")
                var request = MovePlaybookMigrationRequest()
                request.id = visit.part("migration")
                if !["all", "undo-all"].contains(visit.form["do"]) {
                    request.cases = try await chosen(request.id, isBack: isBack, visit)
                    guard !request.cases.isEmpty else { throw Self.nothingChosen }
                }
                let method = isBack ? source.methods.undo : source.methods.apply
                return source.href(try await settled(visit.ask(method, request), visit))
            } refused: { refused async throws(Problem) in
                try await page(visit, refused: refused)
            }
        }
    }

    /// Those of the ticked cases that the button is about: one may be ticked to be applied, another to be taken back.
    private func chosen(_ migration: String, isBack: Bool, _ visit: Visit) async throws(Problem) -> [String] {
        let ticked = Set(visit.form.all("record"))
        guard !ticked.isEmpty else { return [] }
        var request = ListPlaybookMigrationCasesRequest()
        (request.migration, request.pageSize) = (migration, 1_000)
        let state = isBack ? "applied" : "previewed"
        return try await visit.ask(source.methods.cases, request).cases.filter {
            $0.state == state && ticked.contains($0.id)
        }
        .map(\.id)
    }

    private static let nothingChosen = Problem(
        .invalidArgument,
        Text(
            en: "Choose records first that this can be done to.", ko: "먼저 이 작업을 할 수 있는 레코드를 선택하세요."),
        reason: "NOTHING_CHOSEN")

    /// The migration when nothing of it is at work; after three seconds as it is then.
    private func settled(_ begun: PlaybookMigration, _ visit: Visit) async throws(Problem) -> PlaybookMigration {
        var migration = begun
        var request = GetRequest()
        request.id = begun.id
        for _ in 0..<15 where migration.moving > 0 {
            // A visit that ends looks no more.
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return migration }
            migration = try await visit.ask(source.methods.migration, request)
        }
        return migration
    }

    /// How many cases are where.
    static func counts(_ migration: PlaybookMigration) -> [Text] {
        let all: [(Int32, Text)] = [
            (
                migration.previewed,
                Text(en: "\(migration.previewed) to apply", ko: "적용 가능 \(grouped: Int(migration.previewed))개")
            ),
            (migration.moving, Text(en: "\(migration.moving) at work", ko: "처리 중 \(grouped: Int(migration.moving))개")),
            (
                migration.applied,
                Text(en: "\(migration.applied) applied", ko: "적용됨 \(grouped: Int(migration.applied))개")
            ),
            (
                migration.undone,
                Text(en: "\(migration.undone) taken back", ko: "실행 취소됨 \(grouped: Int(migration.undone))개")
            ),
            (
                migration.refused,
                Text(en: "\(migration.refused) not applied", ko: "적용 불가 \(grouped: Int(migration.refused))개")
            ),
        ]
        let there = all.filter { $0.0 > 0 }.map(\.1)
        return there.isEmpty ? [Text(en: "No records in progress", ko: "진행 중인 레코드 없음")] : there
    }

    // MARK: The page

    private func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        var request = GetRequest()
        request.id = visit.part("migration")
        let migration = try await visit.ask(source.methods.migration, request)
        var asked = ListPlaybookMigrationCasesRequest()
        (asked.migration, asked.pageSize, asked.pageToken) = (migration.id, 100, visit.query["page"])
        let cases = try await visit.ask(source.methods.cases, asked)
        let chosen = Set(visit.form.all("record"))
        var values: Values = [
            "counts": Self.counts(migration).map(visit.reader.callAsFunction), "href": source.href(migration),
            "cases": cases.cases.map { entry($0, migration, chosen, visit) },
            "apply": migration.previewed > 0, "undo": migration.applied > 0, "wait": migration.moving > 0,
            "more": migration.hasMore,
        ]
        if !cases.nextPageToken.isEmpty {
            values["next"] = "\(source.href(migration))?page=\(Fields.encoded(cases.nextPageToken))"
            let count = Int(migration.previewed)
            if count > 0 {
                values["all"] = visit.say("Apply to all \(grouped: count)", "전체 \(grouped: count)개에 적용")
            }
            let applied = Int(migration.applied)
            if applied > 0 {
                values["undoAll"] = visit.say(
                    "Take all \(grouped: applied) back", "전체 \(grouped: applied)개 실행 취소")
            }
        }
        if !visit.query["case"].isEmpty { values["shown"] = try await shown(visit) }
        if let refused { values["problem"] = ["text": refused.text(visit.reader.language)] as Values }
        let label = PlaybookPages.text(migration.label, "", visit)
        var page = Page(
            template: "migration",
            title: visit.say(
                "Records in progress, to version \(migration.version)",
                "진행 중인 레코드를 버전 \(String(migration.version), .direction) 전환"),
            values: values)
        page.trail = [
            Crumb(label: visit.reader(source.title), href: source.root),
            Crumb(label: label, href: source.href(migration.definition)),
        ]
        return page
    }

    private func entry(
        _ one: PlaybookMigrationCase, _ migration: PlaybookMigration, _ chosen: Set<String>, _ visit: Visit
    ) -> Values {
        [
            "id": one.id, "number": one.number, "href": Address.of(migration.table, one.number, id: one.record),
            "details": "\(source.href(migration))?case=\(one.id)#steps",
            "from": PlaybookPages.version(one.fromVersion, visit),
            "changes": Self.changes(one).map(visit.reader.callAsFunction).joined(separator: " · "),
            "state": one.state, "stateText": visit.reader(Self.state(one.state)), "refusal": one.refusal,
            "choosable": ["previewed", "applied"].contains(one.state), "chosen": chosen.contains(one.id),
        ]
    }

    private static func changes(_ one: PlaybookMigrationCase) -> [Text] {
        let all: [(Int32, Text)] = [
            (one.kept, Text(en: "\(one.kept) kept", ko: "유지 \(grouped: Int(one.kept))개")),
            (one.restarting, Text(en: "\(one.restarting) begin anew", ko: "다시 시작 \(grouped: Int(one.restarting))개")),
            (one.added, Text(en: "\(one.added) added", ko: "추가 \(grouped: Int(one.added))개")),
            (
                one.withoutPlace,
                Text(en: "\(one.withoutPlace) without a place", ko: "제외 \(grouped: Int(one.withoutPlace))개")
            ),
            (one.starting, Text(en: "\(one.starting) start at once", ko: "바로 시작 \(grouped: Int(one.starting))개")),
        ]
        return all.filter { $0.0 > 0 }.map(\.1)
    }

    private static func state(_ state: String) -> Text {
        switch state {
        case "previewed": Text(en: "Previewed", ko: "미리 봄")
        case "applying": Text(en: "Being applied", ko: "적용 중")
        case "applied": Text(en: "Applied", ko: "적용됨")
        case "undoing": Text(en: "Being taken back", ko: "실행 취소 중")
        case "undone": Text(en: "Taken back", ko: "실행 취소됨")
        default: Text(en: "Not applied", ko: "적용 불가")
        }
    }

    // MARK: One case

    private func shown(_ visit: Visit) async throws(Problem) -> Values {
        var request = GetRequest()
        request.id = visit.query["case"]
        let one = try await visit.ask(source.methods.oneCase, request)
        return ["number": one.number, "steps": one.steps.map { Self.step($0, visit) }]
    }

    private static func step(_ step: PlaybookMigrationStep, _ visit: Visit) -> Values {
        let outcome: Text =
            switch step.outcome {
            case "kept": Text(en: "Kept", ko: "유지")
            case "restarts": Text(en: "Begins anew", ko: "다시 시작")
            case "added": Text(en: "Added", ko: "추가")
            default: Text(en: "No place", ko: "제외")
            }
        func said(_ state: String) -> String { state.isEmpty ? "–" : visit.reader(activity(state)) }
        let records = step.created.map { $0.number.isEmpty ? $0.id : $0.number }.joined(separator: ", ")
        func day(_ text: String) -> String { CivilDate(text).map(visit.reader.text) ?? "–" }
        let due = step.dueBefore == step.dueAfter ? "" : "\(day(step.dueBefore)) → \(day(step.dueAfter))"
        let keeps = step.recordKeepsDate ? visit.say("the open task keeps its date", "진행 중인 작업의 기한은 그대로") : ""
        let lost =
            step.entered > 0
            ? visit.say(
                step.entered == 1 ? "1 entry of its form is lost" : "\(step.entered) entries of its form are lost",
                "입력한 값 \(grouped: Int(step.entered))개 삭제") : ""
        return [
            "lane": PlaybookPages.text(step.laneLabel, step.lane, visit),
            "title": PlaybookPages.text(step.label, step.activity, visit), "outcome": visit.reader(outcome),
            "before": said(step.before), "after": said(step.after),
            "changes": step.outcome != "kept" || step.before != step.after,
            "note": [records, due, keeps, lost].filter { !$0.isEmpty }.joined(separator: " · "),
        ]
    }

    private static func activity(_ state: String) -> Text {
        switch state {
        case "pending": Text(en: "Not started", ko: "시작 전")
        case "in_progress": Text(en: "In progress", ko: "진행 중")
        case "done": Text(en: "Done", ko: "완료")
        case "skipped": Text(en: "Skipped", ko: "건너뜀")
        case "canceled": Text(en: "Canceled", ko: "취소됨")
        default: Text(en: "Failed", ko: "실패")
        }
    }
}
