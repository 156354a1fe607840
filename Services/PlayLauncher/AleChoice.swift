import Korean
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension AleChoice: Record {
    public static let storage = Storage<AleChoice>(visibility: .definition, domain: .caller)

    public static let rules: [Rule<AleChoice>] = [
        .check(
            "G-74", field: .dependentCategory,
            Text(
                en: "A subcategory belongs to a category, which itself belongs to none.",
                ko: "하위 범주는 최상위 범주에만 둘 수 있습니다.")
        ) { change, context in
            guard change.changes(.dependentCategory), let parent = change.new.dependentCategory else { return true }
            guard parent != change.new.id else { return false }
            return try context.find(AleChoice.self, parent)?.dependentCategory == nil
        },
        .locked("G-74", field: .dependentCategory, whileAny: dependants),
        .kept("G-74", whileAny: dependants),
        Rule("G-73") { change, context in try checkValue(change, context) },
        .after("G-73") { change, context in try carryAlong(change, context) },
        .afterDeletion("G-73") { change, context in
            guard let value = change.new.categoryValue else { return }
            holdValues(context)
            guard let text = try usage(of: value, change.new, context) else { return }
            throw Problem.failedPrecondition(rule: "G-73", text)
        },
    ]

    /// What stands below a choice: subcategories, and the records of a subcategory.
    private static let dependants: [Dependants] = [
        .records(AleChoice.self, by: .dependentCategory), .records(DefinitionRecord.self, by: .subCategory),
    ]

    /// The value under which definition records name a category: `Success planning` is `success_planning` (G-73).
    static func value(ofCategory name: String) -> String {
        String(name.lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
    }

    /// The value under which definition records name it; nil for a subcategory, which they name by its id.
    var categoryValue: String? { dependentCategory == nil ? Self.value(ofCategory: name ?? "") : nil }

    /// The active categories that records of `domain` may name: its own and those above.
    static func categories(for domain: DomainPath, _ context: RuleContext) throws -> [AleChoice] {
        let ancestors = domain.ancestors.map(\.path)
        return try Store<AleChoice>(context.database).find(
            where: "dependent_category IS NULL AND active AND domain = ANY(\(ancestors))", in: context.transaction)
    }

    /// Waits for whoever else changes categories, or which of them a record names: a value that is looked up then holds
    /// to the end of the transaction.
    static func holdValues(_ context: RuleContext) {
        context.transaction.send("SELECT pg_advisory_xact_lock(hashtextextended('ale_choice.category', 0))")
    }

    /// A value names one category, wherever it is seen from; and a category that is in use stays one.
    private static func checkValue(_ change: Change<AleChoice>, _ context: RuleContext) throws {
        let (old, value) = (change.old?.categoryValue, change.new.categoryValue)
        guard old != value else { return }
        holdValues(context)
        if let value, let twin = try twin(of: value, change.new, context) {
            let name = twin.name ?? ""
            throw Problem.broken(
                "G-73", AleChoice.self, field: .name,
                Text(
                    en: "There is the category ‘\(name)’, which this name cannot be told from.",
                    ko: "이 이름과 구별되지 않는 범주 ‘\(name)’\(.subject, after: name) 이미 있습니다."))
        }
        if value == nil, let old, let text = try usage(of: old, change.new, context) {
            throw Problem.broken("G-73", AleChoice.self, field: .dependentCategory, text)
        }
    }

    /// Another category of the same value in the domain of `choice`, above or below it.
    private static func twin(of value: String, _ choice: AleChoice, _ context: RuleContext) throws -> AleChoice? {
        guard let domain = DomainPath(choice.domain) else { return nil }
        let ancestors = domain.ancestors.map(\.path)
        return try Store<AleChoice>(context.database).find(
            where: """
                dependent_category IS NULL AND id <> \(choice.id) \
                AND (domain = ANY(\(ancestors)) OR \(inside(domain))) ORDER BY id
                """, in: context.transaction
        ).first { $0.categoryValue == value }
    }

    /// Says how many definition records name `choice` by its value; nil when none does.
    private static func usage(of value: String, _ choice: AleChoice, _ context: RuleContext) throws -> Text? {
        let count = try records(named: value, choice, context).count
        guard count > 0 else { return nil }
        return Text(
            en: "The category is in use. Definition records that name it: \(count).",
            ko: "사용 중인 범주입니다. 이 범주의 정의 레코드: \(grouped: count)개.")
    }

    /// Definition records name a category by its name: when that changes, theirs does.
    private static func carryAlong(_ change: Change<AleChoice>, _ context: RuleContext) throws {
        guard let old = change.old?.categoryValue, let value = change.new.categoryValue, old != value else { return }
        for record in try records(named: old, change.new, context) {
            try context.change(DefinitionRecord.self, record.id) { $0.category = value }
        }
    }

    /// The definition records that name `choice` by `value`: those of its domain and below.
    private static func records(
        named value: String, _ choice: AleChoice, _ context: RuleContext
    ) throws -> [DefinitionRecord] {
        guard let domain = DomainPath(choice.domain) else { return [] }
        return try Store<DefinitionRecord>(context.database).find(
            where: "category = \(value) AND \(inside(domain)) ORDER BY id", in: context.transaction)
    }

    private static func inside(_ domain: DomainPath) -> SQL {
        "domain >= \(domain.path) AND domain < \(domain.upperBound)"
    }
}
