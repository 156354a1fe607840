import CampaignKit
import CustomerSuccessWire
import ImportValidationWire
import JourneyKit
import NotifierWire
import OnboardingWire
import RPC
import Testing
import Wire

extension Scenarios {
    /// Every copy of another service's records, lost and asked for again: its owner has it back.
    @Suite(.serialized)
    struct ReplicaRebuildScenarioTests {
        /// A service with replicas, and how it is asked for them.
        private struct Holder: Sendable {
            let list: Wire.Method<ListReplicasRequest, ListReplicasResponse>
            let rebuild: Wire.Method<RebuildReplicaRequest, ReplicaState>

            var schema: String { list.service.replacing("-", with: "_") }
        }

        private static let holders = [
            Holder(list: OnboardingAPI.listReplicas, rebuild: OnboardingAPI.rebuildReplica),
            Holder(list: ImportValidationAPI.listReplicas, rebuild: ImportValidationAPI.rebuildReplica),
            Holder(list: CustomerSuccessAPI.listReplicas, rebuild: CustomerSuccessAPI.rebuildReplica),
            Holder(list: NotifierAPI.listReplicas, rebuild: NotifierAPI.rebuildReplica),
        ]

        /// The audit itself is proven at the end: one that finds nothing may be one that looks at nothing.
        @Test(
            "Every replica is rebuilt from the service that owns its records, and the audit counts",
            .timeLimit(.minutes(15)))
        func everyReplica() async throws {
            try await ScenarioStack.with { stack in
                let auditor = Auditor(stack: stack, ledger: try await Campaign.oneCustomer(on: stack))
                try await auditor.confirm(within: .seconds(60))
                try await Self.rebuild(stack, auditor)
                try await auditor.confirm(within: .seconds(120))
                try await Self.lose(stack, auditor)
            }
        }

        /// Loses every copy, sees that the audit says so, and asks for all of them again.
        private static func rebuild(_ stack: ScenarioStack, _ auditor: Auditor) async throws {
            let world = stack.world()
            let administrator = Credential.token(world.administrator)
            var tables: [(holder: Holder, table: String)] = []
            for holder in holders {
                let states = try await world.call(holder.list, ListReplicasRequest(), as: administrator).replicas
                #expect(!states.isEmpty, "\(holder.schema)")
                tables += states.filter { $0.rows > 0 }.map { (holder, $0.table) }
            }
            #expect(tables.count > holders.count)
            let copies = tables.map { "\($0.holder.schema).\"\($0.table)\"" }
            // Each row goes, and one that the owner never had stands in its place.
            let losses = copies.map { "UPDATE \($0) SET id = gen_random_uuid();" }
            try await stack.sql("SET session_replication_role = replica; \(losses.joined(separator: " "))")
            let findings = try await auditor.findings()
            for copy in copies {
                #expect(findings.contains { $0.hasPrefix("\(copy): ") && $0.contains("missing") }, "\(copy)")
            }
            for (holder, table) in tables {
                var request = RebuildReplicaRequest()
                request.table = table
                let state = try await world.call(holder.rebuild, request, as: administrator)
                // What is small is rebuilt before the answer is read.
                let asked = try #require(state.askedAt)
                #expect(state.table == table && (state.isRebuilding || state.rebuiltAt.map { $0 >= asked } == true))
            }
        }

        /// Loses and doubles a little of everything, and sees that the audit speaks of each.
        private static func lose(_ stack: ScenarioStack, _ auditor: Auditor) async throws {
            var known: Set<String> = []
            for round in AuditedLoss.rounds {
                // The constraints stay: a loss is one statement, and the next adds to it.
                let statements = round.map { "\($0.statement);" }.joined(separator: " ")
                try await stack.sql("SET session_replication_role = replica; \(statements)")
                let findings = try await auditor.findings()
                for loss in round {
                    #expect(
                        findings.contains { !known.contains($0) && $0.contains(loss.word) },
                        "\(loss.statement): \(findings)")
                }
                known.formUnion(findings)
            }
        }
    }
}
