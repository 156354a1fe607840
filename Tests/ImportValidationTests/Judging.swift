import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Wire

@testable import ImportValidationService

/// The checks of administrators, in the domain of the account alone.
extension Stage {
    private var administrator: Caller { .holding("admin", domain: domain) }

    /// A field-level check of a target's own staging table.
    func check(
        _ target: String, _ subtype: String, of field: String, _ edit: (inout DataValidationAssist) -> Void = { _ in }
    ) async throws(Problem) -> DataValidationAssist {
        try await addCheck(target) { assist in
            (assist.validationType, assist.validationSubType, assist.stagingTableField) = ("field", subtype, field)
            edit(&assist)
        }
    }

    /// A record-level check that lets no row pass.
    func refuseAll(_ target: String) async throws(Problem) -> DataValidationAssist {
        try await addCheck(target) { assist in
            assist.validationType = "record"
            assist.script = """
                function executeCondition(stagingTableGr) {
                    return { validationPassed: false, message: 'Not today.' };
                }
                """
        }
    }

    private func addCheck(
        _ target: String, _ edit: (inout DataValidationAssist) -> Void
    ) async throws(Problem) -> DataValidationAssist {
        var request = CreateDataValidationAssistRequest()
        var assist = DataValidationAssist()
        assist.name = "Added"
        assist.stagingTable = ImportTarget.named(target)?.stagingTable
        edit(&assist)
        request.dataValidationAssist = assist
        return try await call(ImportValidationAPI.createDataValidationAssist, request, as: administrator)
    }

    /// Changes a check.
    func change(
        _ check: DataValidationAssist, _ edit: (inout DataValidationAssist) -> Void
    ) async throws(Problem) -> DataValidationAssist {
        var request = UpdateDataValidationAssistRequest()
        var assist = DataValidationAssist()
        assist.id = check.id
        edit(&assist)
        request.dataValidationAssist = assist
        return try await call(ImportValidationAPI.updateDataValidationAssist, request, as: administrator)
    }

    /// Waits for a fact.
    static func until(_ isTrue: () async throws -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(60)
        while try await !isTrue() {
            guard ContinuousClock.now < limit else { throw Problem.deadlineExceeded() }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
