import Korean
import OnboardingWire
import RPC
import Records
import Wire

/// Why a row is not published: one reason.
struct RowFault: Sendable {
    /// The field of the cell; empty when it concerns the whole row.
    var field = ""
    let text: Text

    /// As an answer says it.
    var message: PublishFault {
        var fault = PublishFault()
        fault.field = field
        fault.message = text.en
        fault.messageKo = text.ko
        return fault
    }

    /// The reasons of a problem that a record of `schema` met.
    static func all(of problem: Problem, _ schema: RecordSchema) -> [RowFault] {
        guard !problem.violations.isEmpty else { return [RowFault(text: problem.text)] }
        return problem.violations.map { violation in
            // Named as `table.field`.
            let name = violation.field.split(separator: ".").last.map(String.init) ?? ""
            return RowFault(field: schema.field(name)?.name ?? "", text: violation.text)
        }
    }

    /// Why a row is not published by a plan.
    static let moved = RowFault(
        text: Text(
            en: "What the plan has seen has changed since. Make a new plan.",
            ko: "계획을 만든 뒤 대상 레코드나 참조가 변경되었습니다. 계획을 다시 만드세요."))
}

/// What became of one row.
enum MergeOutcome<R: Sendable>: Sendable {
    case created(R)
    case updated(R, from: R)
    case unchanged(R)
    case failed([RowFault])
    /// Not all was as the plan has seen it.
    case moved

    /// The record in the target table; nil when the row failed.
    var record: R? {
        switch self {
        case .created(let record), .updated(let record, _), .unchanged(let record): record
        case .failed, .moved: nil
        }
    }
}

extension PublishResult {
    mutating func fail(_ reasons: [RowFault], _ language: String) {
        outcome = Outcome.failed
        message = reasons.map { $0.text(language) }.joined(separator: " ")
        faults = reasons.map(\.message)
    }

    mutating func take<R: Record>(_ result: MergeOutcome<R>, _ batch: PublishBatch) {
        switch result {
        case .created(let record):
            outcome = Outcome.created
            fields = PublishedField.all(from: nil, to: record)
            // What was only tried is not there.
            if batch.request.dryRun { return }
        case .updated(let record, let old):
            outcome = Outcome.updated
            fields = PublishedField.all(from: old, to: record)
        case .unchanged: outcome = Outcome.unchanged
        case .failed(let reasons): return fail(reasons, batch.language)
        case .moved:
            fail([.moved], batch.language)
            outcome = Outcome.moved
            return
        }
        targetRecord = result.record?.id ?? ""
        etag = result.record?.etag ?? ""
        if batch.request.dryRun, case .updated(_, let old) = result { etag = old.etag }
    }
}

extension PublishedField {
    /// What a write has changed in the fields that people write. What the system fills in follows from these.
    static func all<R: Record>(from old: R?, to new: R) -> [PublishedField] {
        R.schema.fields.enumerated().compactMap { index, field in
            guard field.isKeptByPeople else { return nil }
            let (before, after) = (old?[fieldAt: index] ?? .null, new[fieldAt: index])
            guard before != after else { return nil }
            var change = PublishedField()
            change.field = field.name
            change.before = before.text
            change.after = after.text
            return change
        }
    }
}

extension FieldSchema {
    /// Whether people write the field and a record holds it.
    var isKeptByPeople: Bool { !outputOnly && type != .journal && type != .attachment }

    /// Whether two values of the field mean the same: 1863.4 is 1863.40.
    func isSame(_ left: FieldValue, _ right: FieldValue) -> Bool {
        guard type == .decimal || type == .currency, let one = left.string, let other = right.string else {
            return left == right
        }
        return Validation.canonicalDecimal(one) == Validation.canonicalDecimal(other)
    }
}
