import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// The record that another one comes from, named by its table and its id: of the same account, and of a table that declares
/// its records to be what something may come from (G-97).
enum SourceRecord {
    private static let schemas = (CustomerSuccessCatalog.records + OnboardingCatalog.records).map { $0.schema }
        .filter(\.sourceOfRisks)

    /// What names the source in a record of type `R`, and whose it has to be.
    struct Names<R: Record> {
        let table: R.Field
        let record: R.Field
        let account: R.Field
    }

    /// Refuses a source that is not there, of another account, or the record itself; `rule` says so. What is found cannot be
    /// deleted before this write is done.
    static func check<R: Record>(
        _ change: Change<R>, _ names: Names<R>, rule: String, _ context: RuleContext
    ) throws {
        guard change.changes(names.table) || change.changes(names.record) || change.changes(names.account) else {
            return
        }
        guard let table = change.new[field: names.table].string, let id = change.new[field: names.record].string else {
            guard change.new[field: names.table].isEmpty, change.new[field: names.record].isEmpty else {
                throw Problem.broken(
                    rule, R.self, field: names.record,
                    Text(en: "Table and source record go together.", ko: "테이블과 소스 레코드는 함께 입력해야 합니다."))
            }
            return
        }
        guard let origin = schemas.first(where: { $0.table == table }) else {
            let allowed = schemas.map(\.table).joined(separator: ", ")
            let labels = schemas.map(\.label.ko).joined(separator: ", ")
            throw Problem.broken(
                rule, R.self, field: names.table,
                Text(en: "Table must be one of: \(allowed).", ko: "테이블은 다음 중 하나여야 합니다: \(labels)"))
        }
        guard id != change.new.id else {
            let label = R.schema.label
            throw Problem.broken(
                rule, R.self, field: names.record,
                Text(
                    en: "A \(label.en.lowercased()) is not its own source.",
                    ko: "\(label.ko, .topic) 자기 자신을 소스 레코드로 지정할 수 없습니다."))
        }
        // Copies of another service's records are not locked: they go when their owner says so.
        let lock: SQL = origin.service == R.schema.service ? " FOR KEY SHARE" : ""
        let statement: SQL = "SELECT account FROM customer_success.\(identifier: table) WHERE id = \(id)"
        let rows = try context.transaction.query(statement + lock)
        guard let row = rows.first,
            try row.optionalString(RiskSignal.Field.account) == change.new[field: names.account].string
        else {
            throw Problem.broken(
                rule, R.self, field: names.record,
                Text(
                    en: "The account has no such record in the chosen table.",
                    ko: "선택한 테이블에 해당 계정의 레코드가 없습니다."))
        }
    }
}
