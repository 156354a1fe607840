import ImportValidationWire
import Records
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// The template says what the check says, in its words and with its figures.
@Suite struct RuleBookTests {
    @Test func everyNoteHoldsTheRulesOfItsField() throws {
        for target in ImportTarget.all {
            for column in CheckPlan(target, []).columns {
                for language in ["en", "ko"] {
                    let note = column.templateColumn(language).note ?? ""
                    #expect(!note.isEmpty, "\(target.table).\(column.field.name)")
                    for rule in column.rules { #expect(note.contains(rule(language))) }
                }
            }
        }
    }

    @Test func figuresAreTheSame() throws {
        let target = try #require(ImportTarget.named("service_entitlement"))
        let columns = CheckPlan(target, []).columns
        let units = try #require(columns.first { $0.field.type == .integer })
        let refusal = try #require(Self.refusal("3000000000", units))
        #expect(units.templateColumn("en").note?.contains(refusal.en) == true)
        guard case .whole(let range) = units.templateColumn("en").bound else { return #expect(Bool(false)) }
        #expect(range.upperBound == Int64(Int32.max))
        let contract = try #require(ImportTarget.named("contract"))
        let amount = try #require(
            CheckPlan(contract, []).columns.first { [.decimal, .currency].contains($0.field.type) })
        let digits = try #require(Self.refusal("1" + String(repeating: "0", count: 18), amount))
        #expect(amount.templateColumn("ko").note?.contains(digits.ko) == true)
    }

    /// The sentence with which the check refuses a text.
    private static func refusal(_ text: String, _ column: CheckPlan.Column) -> Text? {
        column.refusal(of: text, stored: text)?.text(of: text, in: column.field)
    }

    /// How long the name of a record may be, the template, the message and the dictionary say in the same words.
    @Test func namesAreBounded() throws {
        let long = String(repeating: "x", count: FieldRules.longestName + 1)
        for target in ImportTarget.all {
            for column in CheckPlan(target, []).columns where column.reference != nil {
                let refusal = try #require(Self.refusal(long, column), "\(target.table).\(column.field.name)")
                let shown = column.templateColumn("en")
                #expect(shown.note?.contains(refusal.en) == true && shown.bound == .length(FieldRules.longestName))
                #expect(FieldRules.sentences(column.field, isNamed: true) == [refusal])
                #expect(FieldRules.Limits(column.field, isNamed: true).maximumLength == FieldRules.longestName)
                #expect(FieldRules.sentences(column.field).isEmpty, "ids have no rules")
            }
        }
    }

    /// What an administrator's check asks for stands there as well.
    @Test func checksOfAnAdministratorAreSaid() throws {
        let target = try #require(ImportTarget.named("contract"))
        var limit = DataValidationAssist()
        limit.validationType = "field"
        limit.validationSubType = "string_limit"
        limit.stagingTableField = "number"
        limit.maxLength = 12
        var date = DataValidationAssist()
        date.validationType = "field"
        date.validationSubType = "date"
        date.stagingTableField = "end_date"
        date.dateFormat = "dd.MM.yyyy"
        let columns = CheckPlan(target, [limit, date]).columns
        let number = try #require(columns.first { $0.field.name == "number" }).templateColumn("en")
        #expect(number.bound == .length(12) && number.note?.contains("at most 12 characters") == true)
        let end = try #require(columns.first { $0.field.name == "end_date" }).templateColumn("en")
        #expect(end.note?.contains("dd.MM.yyyy") == true && end.note?.contains("YYYY-MM-DD") == false)
    }
}
