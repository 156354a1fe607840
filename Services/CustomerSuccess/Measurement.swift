import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// What was measured; Foundation has another type of this name.
public typealias Measurement = CustomerSuccessWire.Measurement

extension Measurement: Record {
    /// Of customers are the values of their outcomes; where these come from, and how products are used, is the provider's
    /// (G-129).
    public static let storage = Storage<Measurement>(
        domain: .preset,
        customer: CustomerAccess(condition: { _ in "\(identifier: Field.successOutcome) IS NOT NULL" }),
        constraints: [
            DatabaseRule(
                "G-129", constraint: "measurement_value", field: .value,
                Text(en: "The value must be a number.", ko: "값은 숫자여야 합니다.")),
            DatabaseRule(
                "G-129", constraint: "measurement_subject", field: .successOutcome,
                Text(
                    en: "A measurement is of an outcome or of a sold product.",
                    ko: "측정값은 성공 결과나 판매 제품 중 하나에 속해야 합니다.")),
            DatabaseRule(
                "G-129", constraint: "measurement_name", field: .name,
                Text(en: "The use of a product has a name.", ko: "제품 사용량에는 이름이 있어야 합니다.")),
        ],
        domainRule: "G-129")

    public static let rules: [Rule<Measurement>] = [
        // Whoever writes values of the subject has locked it, too: the last of them is looked up when all of theirs are there.
        .beforeDeletion("G-129") { change, context in
            if let outcome = change.new.successOutcome {
                try OutcomeValues.lock([outcome], context)
            } else if let product = change.new.soldProduct {
                UsageValues.lock([product], context)
            }
        },
        .afterDeletion("G-129") { change, context in
            if let outcome = change.new.successOutcome {
                try OutcomeValues.follow([outcome], context)
            } else {
                try UsageValues.follow([MeasuredSubject(change.new)], context)
            }
        },
    ]

    public static let holds: [Hold] = [
        hold(.account, of: SuccessOutcome.self, by: .successOutcome, rule: "G-129")
    ]

    /// The source of what people type at an outcome.
    static let typed = SuccessOutcome.TrackingMethod.manual
}

/// What outcomes take from their measurements: the latest value by the time it was measured, whatever came when.
enum OutcomeValues {
    private enum Column: String {
        case id, value
    }

    /// Locks `outcomes` in the order of their ids, so that writers of their values take turns.
    static func lock(_ outcomes: [String], _ context: RuleContext) throws {
        _ = try context.transaction.query(
            """
            SELECT 1 FROM customer_success.success_outcome WHERE id = ANY(\(outcomes.sorted())::uuid[]) ORDER BY id FOR UPDATE
            """)
    }

    /// Brings the current value of `outcomes`, which are locked, as far as they are at work to their latest measurement; those
    /// without one keep theirs. One change for each that differs: its event tells of all that was measured.
    static func follow(_ outcomes: [String], _ context: RuleContext) throws {
        let tx = context.transaction
        let ids = outcomes.sorted()
        let rows = try tx.query(
            """
            SELECT o.id, m.value::text AS value FROM customer_success.success_outcome o CROSS JOIN LATERAL ( \
            SELECT value FROM customer_success.measurement \
            WHERE success_outcome = o.id ORDER BY measured_at DESC, source DESC LIMIT 1) m \
            WHERE o.id = ANY(\(ids)::uuid[]) AND o.active AND o.current_value IS DISTINCT FROM m.value ORDER BY o.id
            """)
        for row in rows {
            let value = Validation.canonicalDecimal(try row.string(Column.value))
            try context.change(SuccessOutcome.self, try row.string(Column.id)) { $0.currentValue = value }
        }
    }

    /// An outcome that is taken up again has what was measured last, which it did not follow meanwhile; a value that is
    /// given with it stays.
    static func resume(_ change: inout Change<SuccessOutcome>, _ context: RuleContext) throws {
        guard isReopened(change), !change.changes(.currentValue),
            let latest = try latest(of: change.new.id, context)
        else { return }
        change.new.currentValue = latest
    }

    private static func isReopened(_ change: Change<SuccessOutcome>) -> Bool {
        change.old?.active == false && change.new.active == true
    }

    private static func latest(of outcome: String, _ context: RuleContext) throws -> String? {
        try context.transaction.query(
            """
            SELECT value::text AS value FROM customer_success.measurement WHERE success_outcome = \(outcome) \
            ORDER BY measured_at DESC, source DESC LIMIT 1
            """
        ).first.map { Validation.canonicalDecimal(try $0.string(Column.value)) }
    }

    /// Keeps a current value that a person has typed as a measurement of this moment.
    static func keepTyped(_ change: Change<SuccessOutcome>, _ context: RuleContext) throws {
        guard !context.write.isSystem, change.changes(.currentValue), let value = change.new.currentValue,
            // What was taken up again was measured, not typed.
            try !isReopened(change) || value != latest(of: change.new.id, context)
        else { return }
        let now = context.write.now
        var typed = Measurement()
        (typed.id, typed.domain) = (RecordID.make(at: now), change.new.domain)
        (typed.successOutcome, typed.account) = (change.new.id, change.new.account)
        (typed.value, typed.unit) = (value, change.new.unit)
        (typed.measuredAt, typed.source) = (now, Measurement.typed)
        _ = try MeasurementRows([typed]).insert(context)
    }
}
