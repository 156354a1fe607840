import ImportValidationWire
import Records
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
        #expect(byName["contract_value"]?.checks == [.decimal])
        #expect(byName["number"]?.checks == [], "what the owner takes is all there is to check")
        #expect(byName["status"]?.checks.map(\.subtype) == [.choice])
        #expect(byName["end_date"]?.isMandatory == true)
        #expect(byName["start_date"]?.isMandatory == false)
        let contact = CheckPlan(try Self.target("customer_contact"), [])
        let email = try #require(contact.target.position(of: "email"))
        #expect(contact.columns[email].checks == [])
        #expect(contact.columns[email].isMandatory)
        let sold = CheckPlan(try Self.target("sold_product"), [])
        let reference = try #require(sold.target.position(of: "contract"))
        #expect(sold.columns[reference].checks == [.reference(.init(table: "contract", field: "number"))])
        let quantity = try #require(sold.target.position(of: "quantity"))
        #expect(sold.columns[quantity].checks == [.integer])
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
        #expect(plan.columns[text].checks == [.decimal])
        #expect(plan.columns[text].isMandatory)
        // A check that is not mandatory does not make a mandatory field of the target optional (G-58).
        #expect(plan.columns[end].isMandatory)
    }

    /// What the check finds by another field the owner is told to find by it, too; what is of another table does not
    /// stand for what the owner looks for.
    @Test func anotherFieldOfTheSameTableReplacesHowRecordsAreNamed() throws {
        let target = try Self.target("sold_product")
        let position = try #require(target.position(of: "contract"))
        func plan(_ table: String, _ field: String) -> CheckPlan {
            CheckPlan(
                target,
                [
                    Self.assist("reference", "u_contract") {
                        $0.referenceTable = table
                        $0.referenceTableField = field
                    }
                ])
        }
        #expect(CheckPlan(target, []).referenceFields.allSatisfy { $0.isEmpty })
        let other = plan("ast_contract", "short_description")
        #expect(other.columns[position].checks == [.reference(.init(table: "contract", field: "short_description"))])
        #expect(other.referenceFields[position] == "short_description")
        #expect(plan("contract", "number").referenceFields.allSatisfy { $0.isEmpty })
        let foreign = plan("location", "name")
        #expect(foreign.columns[position].checks.count == 2)
        #expect(foreign.referenceFields[position] == "", "the owner goes on looking for contracts by their number")
    }

    @Test func aCheckWithoutItsFieldIsLeftOut() throws {
        let target = try Self.target("contract")
        let plan = CheckPlan(target, [Self.assist("boolean", "nothing"), Self.assist("choice", "number")])
        #expect(plan.columns.map(\.checks) == CheckPlan(target, []).columns.map(\.checks))
    }

    /// What the owner refuses is never called ready: the same rule book judges in both places.
    @Test(
        arguments: [
            ("sold_product", "quantity", "2147483647", true), ("sold_product", "quantity", "2147483648", false),
            ("sold_product", "quantity", "436642555010", false), ("contract", "contract_value", "12.5000000", true),
            ("contract", "contract_value", "0.0000001", false),
            ("contract", "contract_value", "999999999999999999.999999", true),
            ("contract", "contract_value", "1000000000000000000", false), ("contract", "number", "C-1", true),
            ("contract", "number", String(repeating: "가", count: 1_000), true),
            // One character for a person, two for the table.
            ("contract", "number", String(repeating: "e\u{301}\u{302}", count: 501), false),
            ("customer_contact", "email", "ana@example.org", true), ("customer_contact", "email", "ana@example", false),
        ] as [(String, String, String, Bool)])
    func whatIsReadyIsPublished(table: String, field: String, text: String, isReady: Bool) throws {
        let target = try Self.target(table)
        let plan = CheckPlan(target, [])
        let position = try #require(target.position(of: field))
        let column = plan.columns[position]
        let isChecked = column.checks.allSatisfy { $0.error(in: text) == nil }
        let isTaken = column.refusal(of: text, stored: plan.stored(text, at: position)) == nil
        #expect((isChecked && isTaken) == isReady)
        let owner = PublishedCell(plan.stored(text, at: position), for: target.fields[position])
        if case .fault = owner { #expect(!isReady) } else { #expect(isReady) }
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
