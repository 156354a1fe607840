import OnboardingWire
import Platform
import Playbooks
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Cases that were open before there was a playbook get their run.
///
/// Beside what people ask for, by the instance that leads: a case waits for its run, nobody for an answer. Each case has a
/// transaction of its own and is looked at again under its lock, so that it does not matter where a leader was stopped, nor
/// that for a moment there are two.
enum PlaybookAdoption {
    /// How many cases are looked for at once.
    private static let page = 100
    /// How long the database is left alone when it does not answer.
    private static let pause: Duration = .seconds(10)

    /// Goes through the open cases once whenever an instance has come to lead.
    static func background(_ playbooks: Playbooks) -> Background {
        Background("playbook adoption", isSingle: true) {
            await run(playbooks)
            // Those that come now have the playbook started by their event.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
        }
    }

    /// Starts the runs of open cases that have none. Harmless when repeated.
    /// - Parameter page: how many cases are looked for at once.
    static func run(_ playbooks: Playbooks, page: Int = page) async {
        var last: String? = "00000000-0000-0000-0000-000000000000"
        while let after = last, !Task.isCancelled {
            do throws(Problem) {
                last = try await step(after, page, playbooks)
            } catch {
                playbooks.database.log.warning(
                    "the adoption of cases waits", metadata: ["after": "\(after)", "code": "\(error.code.name)"])
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Adopts the next cases behind the id `after`; answers the last one, nil when there was none.
    private static func step(_ after: String, _ page: Int, _ playbooks: Playbooks) async throws(Problem) -> String? {
        let database = playbooks.database
        let found = try await database.transaction(as: .service(database.service, domain: .root), readOnly: true) {
            tx in
            // What an activity has made, as the go-live support case, is part of another run.
            try tx.query(
                """
                SELECT c.id, c.domain FROM onboarding.onboarding_case c WHERE c.active AND c.id > \(after) \
                AND NOT EXISTS (SELECT 1 FROM onboarding.playbook_run r WHERE r.record = c.id) \
                AND NOT EXISTS (SELECT 1 FROM onboarding.playbook_activity a WHERE a.made = c.id) \
                ORDER BY c.id LIMIT \(page)
                """
            ).map {
                (
                    id: try $0.string(OnboardingCase.Field.id),
                    domain: DomainPath(try $0.string(OnboardingCase.Field.domain)) ?? .root
                )
            }
        }
        for (id, domain) in found where !Task.isCancelled {
            do throws(Problem) {
                try await adopt(id, in: domain, playbooks)
            } catch {
                guard error.code != .unavailable, error.code != .canceled else { throw error }
                // One case keeps no other from its run; the next leader tries again.
                database.log.error("a case gets no playbook", metadata: ["case": "\(id)", "cause": "\(error)"])
            }
        }
        return found.last?.id
    }

    /// Starts what the creation of the case would have started, as its event does in its domain.
    private static func adopt(_ id: String, in domain: DomainPath, _ playbooks: Playbooks) async throws(Problem) {
        let database = playbooks.database
        let write = WriteContext.system(database.service, domain: domain, now: database.clock.now)
        try await database.transaction(as: write.caller) { tx in
            guard let record = try Store<OnboardingCase>(database).find(id, lock: .update, in: tx) else { return }
            try playbooks.trigger(
                "created", record, RuleContext(transaction: tx, write: write, database: database))
        }
    }
}
