import CampaignKit
import Foundation
import JourneyKit
import TestKit
import Testing

extension Scenarios {
    /// Whoever starts the stack may be killed at any moment, and disks fill up: what is half written is no obstacle.
    @Suite(.serialized)
    struct HalfWrittenScenarioTests {
        /// Files that are cut off at once, and what the start then says.
        private struct Damage {
            let files: [String]
            var says: [String] = []
        }

        private static func damages(_ stack: ScenarioStack) -> [Damage] {
            let names = ScenarioStack.services + ["nats", "mail", "workspace"]
            let postgres = stack.postgresHome
            return [
                Damage(files: names.map { "run/\($0).pid" } + ScenarioStack.services.map { "run/\($0).ready" }),
                Damage(
                    files: ScenarioStack.services.map { "env/\($0).env" }
                        + ["env/journey.env", "env/workspace.env", "nats/nats.conf", "run/mail.port"]),
                Damage(files: ["ports"], says: ["ports"]),
                Damage(
                    files: [
                        "secrets/nats-notifier.password", "secrets/nats-client.password", "secrets/nats-admin.password",
                    ]
                        + ["ale_notifier", "ale_notifier_owner", "postgres"].map { "secrets/postgres-\($0).password" },
                    says: ["nats-client.password", "postgres-ale_notifier.password", "superuser"]),
                Damage(files: ["keys/notifier.key"], says: ["A key"]),
                Damage(files: ["keys/jwks.json"], says: ["jwks.json was damaged"]),
                Damage(files: ["postgres.path", "\(postgres)/data/postmaster.pid", "\(postgres)/ale.conf"]),
            ]
        }

        @Test("Files that are cut off keep nothing from starting", .timeLimit(.minutes(15)))
        func cutOff() async throws {
            // To their half, and to nothing; each on a stack of its own, since most of it is waiting for starts.
            try await inLanes(2, [2, .max], Self.cutOff)
        }

        private static func cutOff(divisor: UInt64) async throws {
            try await ScenarioStack.with { stack in
                let ledger = try await Campaign.oneCustomer(on: stack)
                for damage in damages(stack) {
                    for file in damage.files {
                        let path = file.hasPrefix("/") ? file : "\(stack.folder)/\(file)"
                        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
                        try handle.truncate(atOffset: try handle.seekToEnd() / divisor)
                        try handle.close()
                    }
                    let output = try await stack.restart()
                    try await stack.check()
                    for word in damage.says { #expect(output.contains(word), "\(damage.files): \(output)") }
                    stack.expectEachOnce(after: "\(damage.files)")
                }
                try await Auditor(stack: stack, ledger: ledger).confirm(within: .seconds(120))
            }
        }
    }
}

extension Scenarios.OnOneStack {
    /// Starts that find processes of which nobody knows, and processes that are gone.
    @Suite(.serialized)
    struct KilledStartScenarioTests {
        /// The process was ended, and another has its number, or none: an identity that cannot be read equals no other.
        @Test("A pid file of which only the number is there", .timeLimit(.minutes(15)))
        func onlyTheNumber() async throws {
            try await SharedStack.with { stack in
                let pid = try #require(stack.pid("onboarding"))
                try stack.kill("onboarding")
                try "\(pid)\n".write(toFile: "\(stack.folder)/run/onboarding.pid", atomically: true, encoding: .utf8)
                try await stack.restart()
                try await stack.check()
                stack.expectEachOnce(after: "the kill")
            }
        }

        @Test("A start that is killed at any moment", .timeLimit(.minutes(15)))
        func killedStarts() async throws {
            let seed = Campaign.seed
            print("random moments from seed \(seed)")
            var random = SeededGenerator(seed: seed)
            try await SharedStack.with { stack in
                for round in 1...6 {
                    if round.isMultiple(of: 2) { for name in ["nats", "notifier"] { try stack.kill(name) } }
                    let moment = Duration.milliseconds(Int.random(in: 50...2_000, using: &random))
                    try await Self.beginStart(stack, killedAfter: moment)
                    try await stack.restart()
                    try await stack.check()
                    stack.expectEachOnce(after: "a start killed after \(moment)")
                }
            }
        }

        private static func beginStart(_ stack: ScenarioStack, killedAfter moment: Duration) async throws {
            let environment = ScenarioStack.environment(stack.folder, stack.layout).map { "\($0)=\($1)" }
            let start = try ChildProcess(
                "/usr/bin/env", environment + ["\(ScenarioStack.root)/Tools/stack.sh", "start"], log: "/dev/null")
            try await Task.sleep(for: moment)
            start.terminate(SIGKILL)
        }
    }
}

extension ScenarioStack {
    fileprivate func expectEachOnce(after what: String) {
        let names = layout.natsServers + ["mail", "workspace"] + layout.serviceInstances
        #expect(processes == Dictionary(uniqueKeysWithValues: names.map { ($0, 1) }), "after \(what)")
    }
}
