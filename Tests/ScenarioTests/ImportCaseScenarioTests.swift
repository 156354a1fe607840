import CampaignKit
import Foundation
import JourneyKit
import OnboardingWire
import Testing
import Wire

extension Scenarios.ManyCustomers {
    /// Files as people send them go through the real services: what is in a cell is what is published, or it is said.
    @Suite(.serialized)
    struct ImportCaseScenarioTests {
        @Test("Every file comes to what its case says", .timeLimit(.minutes(15)))
        func cases() async throws {
            let cases = try ImportCase.all()
            #expect(cases.count == 121)
            try await SharedStack.with { stack in
                @Sendable func bring(_ example: ImportCase) async throws {
                    let faults = try await Self.faults(of: example, stack.world())
                    #expect(faults.isEmpty, "\(example.testDescription): \(faults.joined(separator: "; "))")
                }
                // The first enters the people whom all of them meet.
                try await bring(cases[0])
                try await inLanes(3, cases.dropFirst(), bring)
            }
        }

        /// Why no entry of the case holds; empty when one does.
        private static func faults(of example: ImportCase, _ world: JourneyWorld) async throws -> [String] {
            let journey = Journey(world, accountName: example.account)
            try await journey.prepareImports(of: Set(example.steps.map(\.target)))
            var outcome = ImportOutcome()
            for step in example.steps {
                outcome = try await journey.bring(
                    "\(example.folder)/\(step.file)", to: step.target, encoding: step.encoding ?? "")
            }
            let records = try await published(example.steps.last?.target ?? "", of: journey, world)
            var all: [String] = []
            for acceptable in example.acceptAnyOf {
                let faults = acceptable.faults(outcome) { field in
                    records.compactMap { $0[field] }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
                }
                if faults.isEmpty { return [] }
                all += faults
            }
            return all + ["the run says: \(outcome.message)"]
        }

        /// The account's records of a table that cases look into.
        private static func published(
            _ target: String, of journey: Journey, _ world: JourneyWorld
        ) async throws -> [[String: String]] {
            var request = ListRequest()
            request.filter = "account = \"\(journey.account.id)\""
            request.pageSize = 200
            let agent = try journey.credential(.agent)
            switch target {
            case "contract":
                let list = try await world.call(OnboardingAPI.listContracts, request, as: agent)
                return list.contracts.map { ["number": $0.number ?? ""] }
            case "location":
                let list = try await world.call(OnboardingAPI.listLocations, request, as: agent)
                return list.locations.map { ["name": $0.name ?? ""] }
            case "customer_contact":
                let list = try await world.call(OnboardingAPI.listCustomerContacts, request, as: agent)
                return list.customerContacts.map { ["email": $0.email ?? "", "phone": $0.phone ?? ""] }
            default: return []
            }
        }
    }
}
