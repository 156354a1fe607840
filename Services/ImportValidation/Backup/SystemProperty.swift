import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Wire

extension SystemProperty: Record {
    /// What an administrator sets holds for the own domain and those below it.
    public static let storage = Storage<SystemProperty>(
        visibility: .definition, domain: .caller,
        constraints: [
            DatabaseRule(
                "G-68", constraint: "system_property_once", field: .name,
                Text(en: "The domain has this property already.", ko: "이 도메인에는 같은 시스템 속성이 이미 있습니다."))
        ])

    public static let rules: [Rule<SystemProperty>] = [
        Rule("G-68") { change, _ in
            guard BackupPeriod.names.contains(change.new.name ?? "") else {
                throw Problem.broken(
                    "G-68", SystemProperty.self, field: .name,
                    Text(
                        en: "There is one property: '\(BackupPeriod.name)'.",
                        ko: "설정할 수 있는 시스템 속성은 '\(BackupPeriod.name)'입니다."))
            }
            change.new.name = BackupPeriod.name
        },
        .check(
            "G-67", field: .value, constraint: "system_property_value_days",
            Text(
                en: "'\(BackupPeriod.name)' is a whole number of days from 1 to \(BackupPeriod.most).",
                ko: "'\(BackupPeriod.name)' 값은 1~\(grouped: BackupPeriod.most)일의 정수여야 합니다.")
        ) { change, _ in BackupPeriod.days(change.new.value ?? "") != nil },
    ]
}

/// The property `sn_acct_lc.BackupDays` (G-67, G-68): how many days old staged rows are at least when they are backed up,
/// and how many days published rows stay behind the closing of their task (G-55).
enum BackupPeriod {
    static let name = "sn_acct_lc.BackupDays"
    /// The second is how the source misprints it (G-68).
    static let names = [name, "sn_accct_lc.BackupDays"]
    /// Days where nothing is set.
    static let standard = 1
    static let most = 3_650

    /// The days that a value says; nil when it says none.
    static func days(_ value: String) -> Int? {
        guard let first = value.utf8.first, first != UInt8(ascii: "0"), value.utf8.count <= 4,
            value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(value).flatMap { (1...most).contains($0) ? $0 : nil }
    }

    /// The days that hold for the rows of a domain, which is an expression of the statement: those of the nearest domain
    /// above it that says some.
    static func days(of domain: SQL) -> SQL {
        """
        coalesce((SELECT property.value::int FROM import_validation.system_property property \
        WHERE property.name = \(literal: name) AND \(domain) ^@ property.domain \
        ORDER BY length(property.domain) DESC LIMIT 1), \(raw: String(standard)))
        """
    }
    /// The days that hold for the rows of `domain`.
    static func days(for domain: String, _ tx: Transaction) throws -> Int {
        try tx.query("SELECT " + days(of: "\(domain)::text") + " AS count").first?.int(UnnamedColumn.count) ?? standard
    }
}
