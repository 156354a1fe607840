import Ground
import RPC
import Wire

/// A reference to a record that is not there, or not for the caller.
struct MissingReference: Refusal {
    let table: String
    let field: String
    let reference: String
    let id: String
    let isReplica: Bool

    var problem: Problem {
        let problem = Problem.noSuchReference("\(table).\(field)")
        return isReplica ? problem.missing(id, of: reference) : problem
    }
}

extension Problem {
    /// The same problem, with the record `id` of another service that is missing among the copies of its `table`: it is
    /// asked for, and the write tried again (``fetchingReplicas(_:_:_:)``).
    public func missing(_ id: String, of table: String) -> Problem {
        var problem = self
        problem.metadata = ["replica": table, "id": id]
        return problem
    }

    /// `field` refers to a record that is not there, or not for the caller: to the caller that is the same.
    fileprivate static func noSuchReference(_ field: String) -> Problem {
        let text = Text(en: "There is no such record to refer to.", ko: "참조할 레코드가 없습니다.")
        return Problem(
            .invalidArgument, text, reason: referenceReason, violations: [.init(field: field, text: text)])
    }

    /// The reason of a refused reference.
    public static let referenceReason = "NO_SUCH_REFERENCE"

    /// The field `field` of `R` refers to a record that is not there, or not for the caller; for rules that look at it
    /// by themselves.
    public static func noSuchReference<R: Record>(_ type: R.Type, _ field: R.Field) -> Problem {
        noSuchReference(R.path(field))
    }

    /// Nothing can be referred to by `field`, since there are no such records yet (G-124).
    static func noReferences<R: RecordMessage>(_ type: R.Type, _ field: FieldSchema) -> Problem {
        let text = Text(
            en: "There are no records yet that \(field.label.en) could refer to; leave it empty.",
            ko: "\(field.label.ko)에서 참조할 수 있는 레코드가 아직 없으므로 비워 두어야 합니다.")
        return Problem(
            .invalidArgument, text, reason: referenceReason,
            violations: [.init(field: R.path(field), text: text)])
    }
}
