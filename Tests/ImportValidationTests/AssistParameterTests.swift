import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// A check that could never be carried out, or that would fail every row, is refused when it is saved (IMP-02).
@Suite struct AssistParameterTests {
    private typealias Edit = @Sendable (inout DataValidationAssist) -> Void

    /// What is wrong, and the field that is said to be.
    struct Case: Sendable, CustomTestStringConvertible {
        let field: String
        let says: String
        fileprivate let edit: @Sendable (inout DataValidationAssist) -> Void
        var testDescription: String { "\(field): \(says)" }
    }

    private static func wrong(_ field: String, _ says: String, _ edit: @escaping Edit) -> Case {
        Case(field: field, says: says, edit: edit)
    }

    private static let wrongs: [Case] = [
        wrong("staging_table", "'locations'") { $0.stagingTable = "locations" },
        wrong("staging_table", "sn_acct_lc_account_onb_import_locations") {
            ($0.validationType, $0.stagingTable, $0.script) = ("record", "nowhere", "x")
        },
        wrong("staging_table_field", "'u_colour'") { $0.stagingTableField = "u_colour" },
        wrong("staging_table_field", "'created_at'") { $0.stagingTableField = "created_at" },
        wrong("reference_table", "'planet'") {
            ($0.validationSubType, $0.referenceTable, $0.referenceTableField) = ("reference", "planet", "name")
        },
        wrong("reference_table", "'account_address_relationships'") {
            ($0.validationSubType, $0.referenceTable) = ("reference", "account_address_relationships")
            $0.referenceTableField = "name"
        },
        wrong("reference_table_field", "'street_name'") {
            ($0.validationSubType, $0.referenceTable, $0.referenceTableField) = ("reference", "location", "street_name")
        },
        wrong("reference_table_field", "'account'") {
            ($0.validationSubType, $0.referenceTable, $0.referenceTableField) = ("reference", "cmn_location", "account")
        },
        wrong("staging_table_field", "with choices") { $0.validationSubType = "choice" },
        wrong("target_table_field", "status") {
            ($0.validationSubType, $0.targetTable, $0.targetTableField) = ("choice", "contract", "number")
        },
        wrong("target_table_field", "'colour'") {
            ($0.validationSubType, $0.targetTable, $0.targetTableField) = ("choice", "contract", "colour")
        },
        wrong("target_table", "'contracts'") {
            ($0.validationSubType, $0.targetTable, $0.targetTableField) = ("choice", "contracts", "status")
        },
        wrong("date_format", "'DD/MM/YYYY'") { ($0.validationSubType, $0.dateFormat) = ("date", "DD/MM/YYYY") },
        wrong("date_format", "'yyyy-MM'") { ($0.validationSubType, $0.dateFormat) = ("date", "yyyy-MM") },
        wrong("date_format", "'soon'") { ($0.validationSubType, $0.dateFormat) = ("date", "soon") },
        wrong("date_format", "yyyy-MM-dd") { ($0.validationSubType, $0.dateFormat) = ("date", "yyyy-MM-dd HH:mm") },
        wrong("datetime_format", "yyyy-MM-dd HH:mm:ss") {
            ($0.validationSubType, $0.datetimeFormat) = ("datetime", "yyyy-MM-dd")
        },
        wrong("max_length", "at least 1") { ($0.validationSubType, $0.maxLength) = ("string_limit", 0) },
    ]

    private static let rights: [Edit] = [
        { $0.stagingTableField = "name" }, { $0.stagingTableField = "u_company" },
        { ($0.validationSubType, $0.referenceTable, $0.referenceTableField) = ("reference", "cmn_location", "city") },
        { ($0.validationSubType, $0.referenceTable, $0.referenceTableField) = ("reference", "user", "email") },
        { ($0.validationSubType, $0.targetTable, $0.targetTableField) = ("choice", "ast_contract", "status") },
        { ($0.validationSubType, $0.dateFormat) = ("date", "d. M. yyyy") },
        { ($0.validationSubType, $0.dateFormat) = ("date", "yyyyMMdd") },
        { ($0.validationSubType, $0.dateFormat) = ("date", "yy/MM/dd") },
        { ($0.validationSubType, $0.datetimeFormat) = ("datetime", "dd.MM.yyyy h:mm a") },
        { ($0.validationSubType, $0.datetimeFormat) = ("datetime", "yyyy-MM-dd'T'HH:mm:ss") },
    ]

    private static func assist(_ edit: Edit) -> DataValidationAssist {
        var assist = DataValidationAssist()
        assist.name = "Check"
        assist.validationType = "field"
        assist.validationSubType = "boolean"
        assist.stagingTable = ImportTarget.named("location")?.stagingTable
        assist.stagingTableField = "u_name"
        edit(&assist)
        return assist
    }

    private static func check(_ edit: Edit) throws {
        let assist = assist(edit)
        try AssistParameters(assist, ImportTarget.all.first { $0.stagingTable == assist.stagingTable }).check()
    }

    @Test(arguments: wrongs) func whatNamesNothingIsRefusedWithItsField(_ one: Case) throws {
        let problem = try #require(throws: Problem.self) { try Self.check(one.edit) }
        #expect(problem.violations.map(\.field) == ["data_validation_assist.\(one.field)"])
        #expect(problem.violations.first?.text.en.contains(one.says) == true, "\(problem.violations)")
        #expect(problem.violations.first?.text.ko.isEmpty == false)
    }

    @Test(arguments: rights.indices) func whatCanBeCarriedOutIsTaken(_ index: Int) throws {
        try Self.check(Self.rights[index])
    }

    /// A task may have a staging table of its own.
    @Test func theStagingTableOfATaskIsOne() async throws {
        let stage = try await Stage()
        _ = try await stage.locations { $0.sourceTable = "old_sites" }
        var request = CreateDataValidationAssistRequest()
        request.dataValidationAssist = Self.assist { ($0.stagingTable, $0.stagingTableField) = ("old_sites", "u_city") }
        let made = try await stage.call(
            ImportValidationAPI.createDataValidationAssist, request, as: .holding("admin", domain: stage.domain))
        #expect(made.stagingTable == "old_sites")
    }

    /// A check that was saved before can be put out of use, and not be changed into another that cannot be used.
    @Test func whatWasSavedBeforeCanBeDeactivated() async throws {
        let stage = try await Stage()
        let admin = Caller.holding("admin", domain: stage.domain)
        var request = CreateDataValidationAssistRequest()
        request.dataValidationAssist = Self.assist { _ in }
        var made = try await stage.call(ImportValidationAPI.createDataValidationAssist, request, as: admin)
        _ = try await stage.bench.admin.run(
            "UPDATE import_validation.data_validation_assist SET staging_table = 'gone' WHERE id = \(made.id)::uuid")
        var update = UpdateDataValidationAssistRequest()
        update.dataValidationAssist = made
        update.dataValidationAssist?.etag = ""
        update.dataValidationAssist?.active = false
        update.updateMask = FieldMask(paths: ["active"])
        made = try await stage.call(ImportValidationAPI.updateDataValidationAssist, update, as: admin)
        #expect(made.active == false && made.stagingTable == "gone")
        update.dataValidationAssist?.stagingTableField = "u_city"
        update.updateMask = FieldMask(paths: ["staging_table_field"])
        let sent = update
        let problem = try await #require(throws: Problem.self) {
            _ = try await stage.call(ImportValidationAPI.updateDataValidationAssist, sent, as: admin)
        }
        #expect(problem.violations.map(\.field) == ["data_validation_assist.staging_table"])
    }
}
