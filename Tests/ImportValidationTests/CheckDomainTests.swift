import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Whose checks hold for the rows of a task.
@Suite struct CheckDomainTests {
    /// Those of the task's domain and of the ones above it, whoever looks and however much he sees.
    @Test func checksOfOtherDomainsDoNotHold() async throws {
        let stage = try await Stage()
        let target = try #require(ImportTarget.named("location"))
        try await stage.addChecks(2, for: target)
        func held(in domain: String) async throws -> Int {
            let all = Caller.service(stage.database.service, domain: .root)
            return try await stage.database.transaction(as: all, deadline: .patient, readOnly: true) { tx in
                try DataValidationAssist.active(for: target.stagingTable, in: domain, tx).count {
                    $0.stagingTableField == "u_name" && $0.validationSubType == "boolean"
                }
            }
        }
        #expect(try await held(in: stage.domain) == 2)
        #expect(try await held(in: stage.domain + "below/") == 2)
        #expect(try await held(in: "/provider/elsewhere/") == 0)
    }
}
