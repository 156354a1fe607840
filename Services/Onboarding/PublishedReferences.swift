import Korean
import Postgres
import Records
import Wire

/// The records that the texts of a batch name, found with one query per table and within one account (G-59).
struct PublishedReferences {
    /// The account of the batch.
    struct Account: Sendable {
        let id: String
        let name: String
        let number: String
    }

    /// The tables whose records workbooks name.
    private static let tables: Set<String> = [
        "contract", "location", "sold_product", "install_base_item", "customer_contact", "user",
    ]

    let account: Account
    private var ids: [String: [String: [String]]] = [:]

    /// Looks up `texts`, by table.
    init(_ texts: [String: Set<String>], of account: Account, in tx: Transaction) throws {
        self.account = account
        let tables = texts.keys.filter(Self.tables.contains).sorted()
        let statements: [SQL] = tables.map { table in
            let wanted = (texts[table] ?? []).sorted()
            let named = wanted.filter(Validation.isUUID)
            let column = NaturalKey.naturalField(of: table)
            var statement: SQL = """
                SELECT id::text, \(identifier: column) FROM onboarding.\(identifier: table) \
                WHERE (\(AlikeSQL.condition(column, Set(wanted.map(\.alike)))) OR id = ANY(\(named)))
                """
            if table != "user" { statement += " AND account = \(account.id)" }
            return statement
        }
        let answers = statements.isEmpty ? [] : try tx.queryAll(statements)
        for (table, rows) in zip(tables, answers) {
            for row in rows {
                let id = try row.string(at: 0)
                ids[table, default: [:]][try row.string(at: 1).alike, default: []].append(id)
                ids[table, default: [:]][id, default: []].append(id)
            }
        }
    }

    /// The id of the one record that `text` names for `field`; the fault says why there is none.
    func find(_ text: String, for field: FieldSchema) -> Result<String, Fault> {
        let table = field.reference ?? ""
        if table == "customer_account" {
            guard [account.id, account.name, account.number].contains(where: { $0.alike == text.alike }) else {
                return .failure(
                    Fault(
                        Text(
                            en: "\(field.label.en) is not the account of the onboarding case.",
                            ko: "\(field.label.ko, .subject) 온보딩 케이스의 계정과 다릅니다.")))
            }
            return .success(account.id)
        }
        let found = ids[table]?[text.alike] ?? []
        guard found.count <= 1 else {
            return .failure(
                Fault(
                    Text(
                        en: "\(field.label.en): \(found.count) records are called \(text.prefix(80)).",
                        ko: "\(field.label.ko): ‘\(text.prefix(80))’에 해당하는 레코드가 \(found.count)개입니다.")))
        }
        guard let id = found.first else {
            return .failure(
                Fault(
                    Text(
                        en: "\(field.label.en): there is no \(text.prefix(80)) in this account.",
                        ko: "\(field.label.ko): 이 계정에 ‘\(text.prefix(80))’\(.subject, after: text.prefix(80)) 없습니다.")))
        }
        return .success(id)
    }

    /// Why a text names no record.
    struct Fault: Error {
        let text: Text
        init(_ text: Text) { self.text = text }
    }
}
