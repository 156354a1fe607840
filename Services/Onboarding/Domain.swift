import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension Domain: Record {
    public static let storage = Storage<Domain>(domain: .preset, immutable: [.parent])

    public static let rules: [Rule<Domain>] = [
        .drafting("G-13") { change, context in try place(&change, context) },
        .afterDeletion("DOMAIN_IN_USE") { change, context in try refuseWhenUsed(change.new, context) },
    ]

    /// Gives a new domain its path below its parent. The segment comes from a sequence: no path is ever used twice.
    private static func place(_ change: inout Change<Domain>, _ context: RuleContext) throws {
        if change.new.path == nil {
            guard let text = change.new.parent, !text.isEmpty else {
                throw Problem.invalid(
                    field: Domain.path(.parent), Text(en: "Parent is mandatory.", ko: "상위 도메인은 필수입니다."))
            }
            let parent = try checkedParent(text, context)
            let number = try RecordNumber.next(
                of: "onboarding.domain_segment", context.write, in: context.transaction)
            guard let path = parent.child(RecordNumber.text("d", number)) else {
                throw Problem.invalid(
                    field: Domain.path(.parent), Text(en: "The tree is too deep here.", ko: "더 이상 하위 도메인을 만들 수 없습니다."))
            }
            change.new.path = path.path
        }
        change.new.domain = change.new.path ?? ""
    }

    /// The parent must exist, and the caller must see it.
    private static func checkedParent(_ text: String, _ context: RuleContext) throws -> DomainPath {
        let caller = context.write.caller
        guard let parent = DomainPath(text), caller.domain.contains(parent) else { throw noSuchParent }
        guard parent != caller.domain else { return parent }
        let rows = try context.transaction.query("SELECT 1 FROM onboarding.domain WHERE path = \(parent.path)")
        guard !rows.isEmpty else { throw noSuchParent }
        return parent
    }

    private static var noSuchParent: Problem {
        .invalid(field: Domain.path(.parent), Text(en: "There is no such domain.", ko: "해당 도메인이 없습니다."))
    }

    /// A domain goes only when nothing lives in it or below it.
    private static func refuseWhenUsed(_ domain: Domain, _ context: RuleContext) throws {
        guard let path = DomainPath(domain.domain) else { return }
        let scope = Scope.domain(path)
        let rows = try context.transaction.query(
            """
            SELECT 1 FROM (SELECT domain FROM onboarding.domain UNION ALL SELECT domain FROM onboarding.customer_account \
            UNION ALL SELECT domain FROM onboarding.user UNION ALL SELECT domain FROM onboarding.location \
            UNION ALL SELECT domain FROM onboarding.responsibility_definition) used \
            WHERE domain >= \(scope.lowerBound) AND domain < \(scope.upperBound) LIMIT 1
            """)
        guard rows.isEmpty else {
            throw Problem.failedPrecondition(
                rule: "DOMAIN_IN_USE", Text(en: "Records belong to this domain.", ko: "이 도메인에 속한 레코드가 있습니다."))
        }
    }
}
