import Testing
import Wire

@testable import ImportValidationService

@Suite struct CheckPlanTests {
    private static func target(_ name: String) throws -> ImportTarget { try #require(ImportTarget.named(name)) }

    private static func assist(
        _ subtype: String, _ field: String, _ fill: (inout DataValidationAssist) -> Void = { _ in }
    )
        -> DataValidationAssist
    {
        var assist = DataValidationAssist()
        assist.validationType = "field"
        assist.validationSubType = subtype
        assist.stagingTableField = field
        fill(&assist)
        return assist
    }

    @Test func everyTypedColumnHasItsCheck() throws {
        let contract = CheckPlan(try Self.target("contract"), [])
        let byName = Dictionary(uniqueKeysWithValues: zip(contract.target.fields.map(\.name), contract.columns))
        #expect(byName["account"]?.checks == [.reference(.init(table: "customer_account", field: "name"))])
        #expect(byName["end_date"]?.checks == [.date(format: "yyyy-MM-dd")])
        // A value is not negative.
        let value = try #require(Contract.schema.field("contract_value"))
        #expect(byName["contract_value"]?.checks == [.decimal, .bounds(value)])
        #expect(byName["number"]?.checks == [.limit(1_000)])
        #expect(byName["status"]?.checks.map(\.subtype) == [.choice])
        #expect(byName["end_date"]?.isMandatory == true)
        #expect(byName["start_date"]?.isMandatory == false)
        let contact = CheckPlan(try Self.target("customer_contact"), [])
        let email = try #require(contact.target.position(of: "email"))
        #expect(contact.columns[email].checks == [.email])
        #expect(contact.columns[email].isMandatory)
        let sold = CheckPlan(try Self.target("sold_product"), [])
        let reference = try #require(sold.target.position(of: "contract"))
        #expect(sold.columns[reference].checks == [.reference(.init(table: "contract", field: "number"))])
        let quantity = try #require(sold.target.position(of: "quantity"))
        #expect(sold.columns[quantity].checks == [.integer, .bounds(sold.target.fields[quantity])])
    }

    @Test func aCheckReplacesTheDictionarysOfItsSubtypeAndAddsToOthers() throws {
        let target = try Self.target("contract")
        let plan = CheckPlan(
            target,
            [
                Self.assist("date", "u_end_date") { $0.dateFormat = "dd.MM.yyyy" },
                Self.assist("string_limit", "number") { $0.maxLength = 10 },
                Self.assist("string_limit", "number") {
                    $0.maxLength = 5
                    $0.mandatory = true
                },
                Self.assist("integer_or_decimal", "short_description") { $0.mandatory = true },
            ])
        let end = try #require(target.position(of: "end_date"))
        #expect(plan.columns[end].checks == [.date(format: "dd.MM.yyyy")])
        #expect(plan.dateFormats[end]?.format == "dd.MM.yyyy")
        let number = try #require(target.position(of: "number"))
        #expect(plan.columns[number].checks == [.limit(10), .limit(5)])
        let text = try #require(target.position(of: "short_description"))
        #expect(plan.columns[text].checks == [.limit(1_000), .decimal])
        #expect(plan.columns[text].isMandatory)
        // A check that is not mandatory does not make a mandatory field of the target optional (G-58).
        #expect(plan.columns[end].isMandatory)
    }

    @Test func aCheckWithoutItsFieldIsLeftOut() throws {
        let target = try Self.target("contract")
        let plan = CheckPlan(target, [Self.assist("boolean", "nothing"), Self.assist("choice", "number")])
        #expect(plan.columns.map(\.checks) == CheckPlan(target, []).columns.map(\.checks))
    }

    @Test func storedTextsAreThoseOfTheTarget() throws {
        let target = try Self.target("contract")
        let plan = CheckPlan(target, [Self.assist("date", "end_date") { $0.dateFormat = "dd.MM.yyyy" }])
        var cells = Array(repeating: "", count: target.fields.count)
        cells[try #require(target.position(of: "end_date"))] = "31.12.2026"
        cells[try #require(target.position(of: "status"))] = "Active"
        cells[try #require(target.position(of: "contract_value"))] = "+0440.50"
        let stored = plan.stored(cells)
        #expect(stored[try #require(target.position(of: "end_date"))] == "2026-12-31")
        #expect(stored[try #require(target.position(of: "status"))] == "active")
        #expect(stored[try #require(target.position(of: "contract_value"))] == "440.50")
        #expect(stored[try #require(target.position(of: "start_date"))] == "")
    }
}

@Suite struct ImportTargetTests {
    @Test func theEightDefaultTargets() {
        #expect(
            ImportTarget.all.map(\.table) == [
                "customer_contact", "location", "service_entitlement", "install_base_item",
                "account_address_relationship", "contract", "sold_product", "sold_product_install_base_m2m",
            ])
        #expect(Set(ImportTarget.all.map(\.stagingTable)).count == 8)
        #expect(ImportTarget.all.allSatisfy { !$0.fields.isEmpty })
        #expect(ImportTarget.all.filter { $0.accountColumn == nil }.map(\.table) == ["sold_product_install_base_m2m"])
    }

    @Test func thePrintedNames() throws {
        let location = try #require(ImportTarget.named("cmn_location"))
        #expect(location.table == "location")
        #expect(location.stagingTable == "sn_acct_lc_account_onb_import_locations")
        #expect(location.templateName == "cmn_location_template.xlsx")
        #expect(ImportTarget.named("user") == nil)
        #expect(ImportTarget.named("") == nil)
    }

    @Test func stagingColumnsHaveThePrefix() throws {
        let contract = try #require(ImportTarget.named("contract"))
        #expect(contract.position(of: "u_end_date") == contract.position(of: "end_date"))
        #expect(contract.position(of: "u_company") == contract.accountColumn)
        #expect(contract.position(of: "etag") == nil)
    }
}
