import CustomerSuccessWire
import ImportValidationWire
import Korean
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// How the system is: each service with how long it takes to answer, its queues with what stands still, its daily jobs with what they
/// did and when they run next; and running one now.
enum HealthPages: PageFolder {
    static let href = "\(AdministrationPages.href)/health"

    static func add(to pages: Pages) {
        pages.get("/administration/health") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/administration/health") { visit async throws(Problem) in
            try await Work.lead { () async throws(Problem) in
                try await run(visit)
                return "\(href)?done=\(Toast.ran.rawValue)"
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
    }

    /// Whether the page is offered; the services decide by the same.
    static func isFor(_ person: Person) -> Bool {
        !person.isCustomer
            && Access.allows(person.roles, .read, on: ImportValidationAPI.showImportHealth.need?.table ?? "")
    }

    /// A service as people know it.
    private struct Asked: Sendable {
        let name: String
        let label: Text
        let show: Method<ShowHealthRequest, ServiceHealth>
        /// How one of its jobs is run by hand; nil for a service that has none.
        var run: Method<RunJobRequest, RunJobResponse>?
    }

    private static let all = [
        Asked(
            name: OnboardingCase.schema.service, label: Text(en: "Onboarding", ko: "온보딩"),
            show: OnboardingAPI.showOnboardingHealth, run: OnboardingAPI.runOnboardingJob),
        Asked(
            name: ImportTask.schema.service, label: Text(en: "Imports", ko: "가져오기"),
            show: ImportValidationAPI.showImportHealth, run: ImportValidationAPI.runImportJob),
        Asked(
            name: Engagement.schema.service, label: Text(en: "Customer success", ko: "고객 성공"),
            show: CustomerSuccessAPI.showSuccessHealth, run: CustomerSuccessAPI.runJob),
        Asked(
            name: FlowRun.schema.service, label: Text(en: "Success plays", ko: "성공 플레이"),
            show: PlayLauncherAPI.showPlayHealth, run: PlayLauncherAPI.runPlayJob),
        Asked(
            name: InAppNotification.schema.service, label: Text(en: "Notifications", ko: "알림"),
            show: NotifierAPI.showNotifierHealth),
    ]

    private static func check(_ visit: Visit) throws(Problem) {
        try visit.demand(isFor)
    }

    private static func run(_ visit: Visit) async throws(Problem) {
        try check(visit)
        let parts = visit.form["job"].split(separator: " ", maxSplits: 1).map { String($0) }
        guard parts.count == 2, let method = all.first(where: { $0.name == parts[0] })?.run else {
            throw .notFound(Text(en: "There is no such job.", ko: "해당 작업이 없습니다."))
        }
        var request = RunJobRequest()
        request.job = parts[1]
        _ = try await visit.ask(method, request)
    }

    // MARK: The page

    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        try check(visit)
        let answers = try await Outcome.each(all) {
            (asked) async throws(Problem) -> (Asked, ServiceHealth?, Duration, Bool) in
            let start = ContinuousClock.now
            let part = await Part.of { () async throws(Problem) in
                try await visit.beside.ask(asked.show, ShowHealthRequest())
            }
            return (asked, part.value, ContinuousClock.now - start, part.isAway)
        }
        let askers = answers.flatMap { ($0.1?.jobs ?? []).flatMap(\.runs).map(\.askedBy) }
        let names = (try? await Lookup(visit).names(of: askers, in: User.schema.table)) ?? [:]
        var values: Values = [
            "services": answers.map { service($0.0, $0.1, $0.2, isAway: $0.3, visit) },
            "queues": answers.flatMap { asked, health, _, _ in (health?.queues ?? []).map { queue($0, asked, visit) } },
            "jobs": answers.flatMap { asked, health, _, _ in
                (health?.jobs ?? []).map { job($0, asked, Parts(reader: visit.reader, names: names), visit) }
            },
        ]
        if let refused { values["problem"] = ["text": refused.text(visit.reader.language)] as Values }
        var page = Page(
            template: "health", title: visit.say("Health of the system", "시스템 상태"), values: values)
        page.trail = visit.wayOfAdministration()
        return page
    }

    /// How a service answers. What waits to be told to others is its delay.
    private static func service(
        _ asked: Asked, _ health: ServiceHealth?, _ took: Duration, isAway: Bool, _ visit: Visit
    ) -> Values {
        let milliseconds = Int64((took / .milliseconds(1)).rounded())
        let still = health?.queues.filter(\.standsStill).count ?? 0
        let events = health?.waitingEvents ?? 0
        let state: (String, Text) =
            isAway || health == nil
            ? ("failed", Text(en: "Away", ko: "응답 없음"))
            : still > 0
                ? ("at_risk", Text(en: "A queue stands still", ko: "멈춘 대기열 있음"))
                : ("done", Text(en: "Answers", ko: "정상"))
        var values: Values = [
            "name": asked.name, "label": visit.reader(asked.label), "value": state.0, "text": visit.reader(state.1),
            "time": health == nil
                ? "" : visit.reader(Text(en: "\(grouped: milliseconds) ms", ko: "\(grouped: milliseconds)밀리초")),
            "events": events == 0
                ? ""
                : visit.reader(
                    Text(
                        en: "\(grouped: events) events wait for the stream.",
                        ko: "스트림으로 보낼 이벤트 \(grouped: events)개 대기 중")),
        ]
        if events > 0, let oldest = health?.oldestEventAt { values["oldest"] = oldest }
        return values
    }

    private static func queue(_ queue: QueueState, _ asked: Asked, _ visit: Visit) -> Values {
        var values: Values = [
            "label": visit.reader(JobLabels.queue(queue.queue)), "name": queue.queue,
            "service": visit.reader(asked.label), "waiting": "\(grouped: queue.waiting)",
            "underWay": "\(grouped: queue.underWay)", "later": "\(grouped: queue.later)",
            "still": queue.standsStill,
        ]
        if let oldest = queue.oldestDueAt { values["oldest"] = oldest }
        return values
    }

    private static func job(_ job: JobState, _ asked: Asked, _ parts: Parts, _ visit: Visit) -> Values {
        var values: Values = [
            "label": visit.reader(JobLabels.job(job.job)), "name": job.job, "service": visit.reader(asked.label),
            "off": job.offUntil, "run": asked.run == nil || !job.offUntil.isEmpty ? "" : "\(asked.name) \(job.job)",
            "runs": job.runs.map { run($0, parts, visit) },
        ]
        if let next = job.nextAt { values["next"] = next }
        if let failed = job.runs.first(where: \.failed)?.startedAt { values["failure"] = failed }
        return values
    }

    private static func run(_ run: JobRun, _ parts: Parts, _ visit: Visit) -> Values {
        let took = (run.endedAt?.microseconds ?? 0) - (run.startedAt?.microseconds ?? 0)
        let what: Text =
            if run.failed {
                Text(en: "Failed", ko: "실패")
            } else if let records = run.records {
                Text(en: "\(grouped: records) records", ko: "레코드 \(grouped: records)개")
            } else {
                Text(en: "Done", ko: "완료")
            }
        var values: Values = [
            "what": visit.reader(what), "failed": run.failed,
            "by": run.askedBy.isEmpty ? "" : parts.name(run.askedBy),
            "took": visit.reader(
                Text(en: "\(grouped: took / 1_000) ms", ko: "\(grouped: took / 1_000)밀리초")),
        ]
        if let at = run.startedAt { values["at"] = at }
        return values
    }
}
