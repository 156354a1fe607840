import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import PlayLauncherWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// How the system is: services, queues, daily jobs.
@Suite struct HealthPageTests {
    private func browser(_ roles: [String] = ["admin"], _ success: [Endpoint] = []) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = roles
        let asker = ann.user
        let imports = Endpoint(ImportValidationAPI.showImportHealth) { _, _ in
            var (queue, job, run) = (QueueState(), JobState(), JobRun())
            (queue.queue, queue.waiting, queue.standsStill) = ("import_run_work", 1_200, true)
            queue.oldestDueAt = Timestamp(seconds: Bench.now.seconds - 600)
            (run.startedAt, run.endedAt) = (
                Timestamp(seconds: Bench.now.seconds - 60), Timestamp(seconds: Bench.now.seconds - 58)
            )
            (run.records, run.askedBy) = (12, asker)
            var failed = JobRun()
            failed.failed = true
            (failed.startedAt, failed.endedAt) = (
                Timestamp(seconds: Bench.now.seconds - 90_000), Timestamp(seconds: Bench.now.seconds - 89_999)
            )
            (job.job, job.runs) = ("published-rows", [run, failed])
            job.nextAt = Timestamp(seconds: Bench.now.seconds + 7_200)
            var health = ServiceHealth()
            (health.queues, health.jobs, health.waitingEvents) = ([queue], [job], 3)
            health.oldestEventAt = Timestamp(seconds: Bench.now.seconds - 120)
            return health
        }
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer("import-validation", [imports])
        try await bench.answer("customer-success", success)
        return Browser(bench, session: "good")
    }

    @Test func whatStandsStillIsSaid() async throws {
        let seen = try await browser().get("/administration/health")
        for text in [
            "data-value=\"failed\">Away", "A queue stands still", "Runs of imports", ">1,200</td>",
            "data-value=\"failed\">Stands still", "10 minutes ago", "3 events wait for the stream.",
            "value=\"import-validation published-rows\"", "12 records", "2,000 ms", "29 May 2026, 07:26",
            "data-value=\"failed\">Failed last</span> <time datetime=",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(try await browser(["sn_acct_lc.agent"]).get("/administration/health").status == 404)
    }

    /// The jobs of every service that has some have a button.
    @Test func jobsOfEveryServiceAreRunFromHere() async throws {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = ["admin"]
        @Sendable func health(_ name: String) -> ServiceHealth {
            var (health, job) = (ServiceHealth(), JobState())
            job.job = name
            health.jobs = [job]
            return health
        }
        let said = Said()
        @Sendable func ran(_ service: String, _ request: RunJobRequest) -> RunJobResponse {
            said.add("\(service) \(request.job)")
            return RunJobResponse()
        }
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.showOnboardingHealth) { _, _ in health("onboarding-cards") },
                Endpoint(OnboardingAPI.runOnboardingJob) { _, request in ran("onboarding", request) },
            ])
        try await bench.answer(
            "play-launcher",
            [
                Endpoint(PlayLauncherAPI.showPlayHealth) { _, _ in health("expired-firings") },
                Endpoint(PlayLauncherAPI.runPlayJob) { _, request in ran("play-launcher", request) },
            ])
        try await bench.answer(
            "customer-success", [Endpoint(CustomerSuccessAPI.showSuccessHealth) { _, _ in health("renewal-dates") }])
        let browser = Browser(bench, session: "good")
        let seen = try await browser.get("/administration/health")
        let jobs = seen.text.matches(of: #/name="job" value="([^"]*)"/#).map { String($0.output.1) }
        #expect(
            jobs == ["onboarding onboarding-cards", "customer-success renewal-dates", "play-launcher expired-firings"])
        for job in [jobs[0], jobs[2]] {
            let done = try await browser.post("/administration/health", [("csrf", seen.csrf), ("job", job)])
            #expect(done.location == "/administration/health?done=ran")
        }
        #expect(said.texts == [jobs[0], jobs[2]])
    }

    @Test func aJobIsRunFromHere() async throws {
        let said = Said()
        let run = Endpoint(CustomerSuccessAPI.runJob) { _, request async throws(Problem) in
            said.add(request.job)
            guard request.job == "renewal-dates" else {
                throw .failedPrecondition(rule: "JOB_IS_OFF", Text(en: "It is turned off.", ko: "꺼져 있습니다."))
            }
            return RunJobResponse()
        }
        let browser = try await browser(["admin"], [run])
        let csrf = Secrets.proof(of: StandIn.token("good"))
        func post(_ job: String) async throws -> Bench.Seen {
            try await browser.post("/administration/health", [("csrf", csrf), ("job", job)])
        }
        #expect(try await post("customer-success renewal-dates").location == "/administration/health?done=ran")
        let refused = try await post("customer-success renewal-watch")
        #expect(refused.status == 409 && refused.text.contains("It is turned off."))
        #expect(try await post("notifier anything").status == 404)
        #expect(said.texts == ["renewal-dates", "renewal-watch"])
    }
}
