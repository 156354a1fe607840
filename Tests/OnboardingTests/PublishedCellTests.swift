import OnboardingWire
import Records
import Testing
import Wire

@testable import OnboardingService

/// Reading the texts of a workbook after the type of their field (G-59 to G-61).
@Suite struct PublishedCellTests {
    private func cell<R: RecordMessage>(_ type: R.Type, _ field: String, _ text: String) throws -> PublishedCell {
        PublishedCell(text, for: try #require(R.schema.field(field)))
    }

    private func isFault(_ cell: PublishedCell) -> Bool { if case .fault = cell { true } else { false } }

    @Test func emptyCellsAreNoValue() throws {
        for field in ["account", "end_date", "contract_value", "number", "status"] {
            #expect(try cell(Contract.self, field, " \t\n") == .value(.null))
        }
    }

    @Test func textsAreTrimmed() throws {
        #expect(try cell(Contract.self, "number", "  C 1 ") == .value(.string("C 1")))
        #expect(isFault(try cell(Contract.self, "number", String(repeating: "x", count: 1_001))))
    }

    @Test(arguments: [("2024-02-29", true), ("2024-02-30", false), ("29.02.2024", false), ("2024-2-9", false)])
    func dates(text: String, isRight: Bool) throws {
        let cell = try cell(Contract.self, "end_date", text)
        #expect(isRight ? cell == .value(.string(text)) : isFault(cell))
    }

    @Test(arguments: [
        ("1863.4", true), ("-1", false), ("-0", true), ("1,863.4", false), ("1.2.3", false), ("1e3", false),
        (".5", false),
    ])
    func decimals(text: String, isRight: Bool) throws {
        let cell = try cell(Contract.self, "contract_value", text)
        // Signs and zeros that mean nothing are left out.
        #expect(isRight ? cell == .value(.string(CellText.decimal(text) ?? "")) : isFault(cell))
    }

    @Test(
        arguments: [
            ("7", 7), ("-7", nil), ("7.0", 7), ("2147483647", 2_147_483_647), ("2147483648", nil), ("7.5", nil),
            ("+7", 7),
            ("seven", nil),
        ] as [(String, Int64?)])
    func integers(text: String, number: Int64?) throws {
        let cell = try cell(SoldProduct.self, "quantity", text)
        if let number { #expect(cell == .value(.int(number))) } else { #expect(isFault(cell)) }
    }

    @Test(arguments: [("TRUE", true), ("False", false), ("yes", nil), ("1", nil)] as [(String, Bool?)])
    func booleans(text: String, flag: Bool?) throws {
        let cell = try cell(AccountAddressRelationship.self, "active", text)
        if let flag { #expect(cell == .value(.bool(flag))) } else { #expect(isFault(cell)) }
    }

    @Test(arguments: [
        "active", "Active", "활성", "ACTIVE", " aCtive\u{A0}", "ac\u{200B}tive",
        "\u{1112}\u{116A}\u{11AF}\u{1109}\u{1165}\u{11BC}",
    ]) func choicesByValueOrLabelInEitherLanguage(text: String) throws {
        #expect(try cell(Contract.self, "status", text) == .value(.string("active")))
    }

    @Test(arguments: ["act ive", "acti"]) func otherTextsAreNoChoice(text: String) throws {
        guard case .fault(let fault) = try cell(Contract.self, "status", text) else {
            Issue.record("\(text) was taken")
            return
        }
        #expect(fault.en.contains("Draft, Active, Expired, Canceled") && fault.ko.contains("활성"))
    }

    @Test func referencesStayTextsUntilTheyAreFound() throws {
        #expect(try cell(SoldProduct.self, "contract", " C1 ") == .reference("C1"))
    }

    @Test func emailAddresses() throws {
        #expect(try cell(CustomerContact.self, "email", "a@b.example") == .value(.string("a@b.example")))
        #expect(isFault(try cell(CustomerContact.self, "email", "a@b")))
    }

    @Test func decimalsThatMeanTheSameAreTheSame() throws {
        let field = try #require(Contract.schema.field("contract_value"))
        for (left, right) in [("1863.4", "1863.40"), ("0", "0.00"), ("007", "7"), ("-0", "0"), ("100", "100.0")] {
            #expect(field.isSame(.string(left), .string(right)), "\(left) \(right)")
        }
        for (left, right) in [("100", "1"), ("-1", "1"), ("0.1", "0.01"), ("10", "100")] {
            #expect(!field.isSame(.string(left), .string(right)), "\(left) \(right)")
        }
        #expect(!field.isSame(.null, .string("0")))
    }

    @Test func theEightTargetsOfTheSource() {
        #expect(
            Set(Publishing.targets.keys) == [
                "customer_contact", "location", "service_entitlement", "install_base_item",
                "account_address_relationship", "contract", "sold_product", "sold_product_install_base_m2m",
            ])
        #expect(Publishing.canonicalTable("cmn_location") == "location")
        #expect(Publishing.canonicalTable("contract") == "contract")
    }
}

/// What the dictionary says of names.
@Suite struct DescribedNameTests {
    /// Of a table that workbooks fill: how long the name of a record may be that a field refers to. Of another it is an id.
    @Test func howLongANameMayBe() async throws {
        let world = try await World()
        for (table, field, length) in [
            ("sold_product", "contract", FieldRules.longestName), ("lifecycle_task", "parent", 0),
        ] {
            var request = DescribeRequest()
            request.table = table
            let answer = try await world.call(OnboardingAPI.describeOnboarding, request, as: world.administrator)
            let described = try #require(answer.tables.first?.fields.first { $0.name == field })
            #expect(Int(described.maximumLength) == length && described.rules.isEmpty == (length == 0), "\(table)")
        }
    }
}
