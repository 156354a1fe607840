import CustomerSuccessWire
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Takes in what was measured (G-129): each value once for its source, subject and time, judged by itself, all of a request
/// by a handful of statements. Whose a value is follows from its subject, which the caller must see, and from nothing in the
/// request.
struct MeasurementWriting: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `measurements.write` and `measurements.delete`.
    var endpoints: [Endpoint] {
        [
            Endpoint(CustomerSuccessAPI.writeMeasurements) { call, request async throws(Problem) in
                try Store<Measurement>(database).mayCreate(call.caller)
                // What customers may read of it they do not write.
                guard call.caller.kind != .customer else { throw .permissionDenied() }
                try Self.check(request)
                return try await database.perform(
                    call, CustomerSuccessAPI.writeMeasurements.name, request, requestID: request.requestID,
                    validateOnly: request.validateOnly
                ) { tx, context in
                    let rules = RuleContext(transaction: tx, write: context, database: database)
                    return try write(request, rules, language: call.language)
                }
            },
            Endpoint(CustomerSuccessAPI.deleteMeasurement) { call, request async throws(Problem) in
                try await database.perform(
                    call, CustomerSuccessAPI.deleteMeasurement.name, request, requestID: request.requestID
                ) { tx, context in
                    try Store<Measurement>(database).delete(request, context, in: tx)
                    return Empty()
                }
            },
        ]
    }

    private static func check(_ request: WriteMeasurementsRequest) throws(Problem) {
        typealias Field = WriteMeasurementsRequest.Field
        let most = BatchLimit.records
        guard (1...most).contains(request.values.count) else {
            throw .invalid(
                field: Field.values,
                Text(en: "1 to \(most) values at a time.", ko: "한 번에 1~\(grouped: most)개의 값을 보낼 수 있습니다."))
        }
        guard let fault = MeasuredText.label.fault(in: request.source) else {
            guard request.source != Measurement.typed else {
                throw .invalid(
                    field: Field.source,
                    Text(
                        en: "The source \(request.source) is kept for what people type. Name the system or the report.",
                        ko: "출처 \(request.source, .topic) 사용자가 직접 입력한 값에만 쓰입니다. 시스템이나 보고서의 이름을 지정하세요."),
                    rule: "G-129")
            }
            return
        }
        throw .invalid(field: Field.source, fault, rule: "G-129")
    }

    private func write(
        _ request: WriteMeasurementsRequest, _ context: RuleContext, language: String
    ) throws -> WriteMeasurementsResponse {
        var judged = JudgedMeasurements(request, now: context.write.now, language: language)
        try judged.give(subjects: subjects(judged.outcomes, judged.products, context), context.write.now)
        let rows = MeasurementRows(judged.rows)
        let inserted = try rows.insert(context)
        let left = judged.rows.filter { !inserted.contains($0.id) }
        let known = left.isEmpty ? [] : try MeasurementRows(left).known(context)
        let written = judged.rows.filter { inserted.contains($0.id) }
        try OutcomeValues.follow(Array(Set(written.compactMap(\.successOutcome))), context)
        try UsageValues.follow(Array(Set(written.filter { $0.soldProduct != nil }.map(MeasuredSubject.init))), context)
        try Store<Measurement>(database).tellCreated(
            Self.latest(written), context.write, in: context.transaction)
        return judged.response(inserted: inserted, known: known)
    }

    /// Of each subject the last one that was measured: one event says for all that there is something new.
    private static func latest(_ written: [Measurement]) -> [Measurement] {
        func isEarlier(_ one: Measurement, _ other: Measurement) -> Bool {
            (one.measuredAt?.microseconds ?? 0) < (other.measuredAt?.microseconds ?? 0)
        }
        return Dictionary(grouping: written, by: MeasuredSubject.init).values.compactMap { $0.max(by: isEarlier) }
            .sorted { $0.id < $1.id }
    }

    private enum Column: String {
        case id, account, domain, unit
    }

    /// What the caller sees of the outcomes and products that are named. Outcomes are locked, in the order of their ids, and
    /// products behind them: their last values follow.
    private func subjects(
        _ outcomes: [String], _ products: [String], _ context: RuleContext
    ) throws -> [String: JudgedMeasurements.Subject] {
        let copies = database.replica(
            SoldProduct.self, [.account, .domain], where: "id = ANY(\(products)::uuid[])",
            as: .service(database.service, domain: context.write.caller.domain))
        if !products.isEmpty { UsageValues.lock(products, context) }
        let answers = try context.transaction.queryAll([
            """
            SELECT id, account, domain, unit FROM customer_success.success_outcome \
            WHERE id = ANY(\(outcomes.sorted())::uuid[]) ORDER BY id FOR UPDATE
            """,
            "SELECT id, account, domain, NULL::text AS unit FROM \(copies) product",
            """
            SELECT sold_product, name, unit FROM customer_success.product_usage \
            WHERE sold_product = ANY(\(products)::uuid[]) AND unit IS NOT NULL
            """,
        ])
        var found: [String: JudgedMeasurements.Subject] = [:]
        for row in answers.prefix(2).joined() {
            found[try row.string(Column.id)] = JudgedMeasurements.Subject(
                account: try row.optionalString(Column.account), domain: try row.string(Column.domain),
                unit: try row.optionalString(Column.unit))
        }
        for row in answers[2] {
            found[try row.string(ProductUsage.Field.soldProduct)]?.units[try row.string(ProductUsage.Field.name)] =
                try row.string(ProductUsage.Field.unit)
        }
        return found
    }
}

/// What a series of values is about: an outcome, or a measure of a sold product.
struct MeasuredSubject: Hashable {
    let id: String
    /// Of an outcome the name is no part of it.
    let name: String

    init(product id: String, name: String) { (self.id, self.name) = (id, name) }

    init(_ row: Measurement) {
        id = row.successOutcome ?? row.soldProduct ?? ""
        name = row.soldProduct == nil ? "" : row.name ?? ""
    }
}

/// A text of a measurement, with what it may hold.
enum MeasuredText: Int {
    /// A source or a name, which must be there.
    case label = 100
    case unit = 40

    /// What is wrong with a text; nil when nothing is.
    func fault(in text: String) -> Text? {
        guard self != .label || !text.isEmpty else {
            return Text(
                en: "It says nothing. At most \(rawValue) characters.", ko: "비어 있습니다. 최대 \(grouped: rawValue)자입니다.")
        }
        guard text.unicodeScalars.count <= rawValue else {
            return Text(en: "At most \(rawValue) characters.", ko: "최대 \(grouped: rawValue)자입니다.")
        }
        guard !text.utf8.contains(0) else {
            return Text(en: "The character U+0000 is not allowed.", ko: "U+0000 문자는 사용할 수 없습니다.")
        }
        return nil
    }
}
