import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Sandbox
import Tenancy
import Wire
import Work

extension DataValidationAssist: Record {
    /// A check of a domain holds for the domains below it.
    public static let storage = Storage<DataValidationAssist>(visibility: .definition, domain: .caller)

    public static let rules: [Rule<DataValidationAssist>] = [
        Rule("IMP-02") { change, context in
            guard AssistParameters.fields.contains(where: change.changes) else { return }
            let (table, domain) = (change.new.stagingTable ?? "", DomainPath(change.new.domain) ?? .root)
            let target = try AssistParameters.target(of: table, for: domain, context.transaction)
            try AssistParameters(change.new, target).check()
        }
    ]

    /// Refuses a script that cannot be used, with the line of the error, before it is saved (G-62).
    static func compile(_ assist: DataValidationAssist, _ worker: ScriptWorker) async throws(Problem) {
        guard let script = assist.script, !script.isEmpty else { return }
        do throws(ScriptError) {
            try await worker.check(script)
        } catch {
            if case .workerUnavailable(let cause) = error { throw .unavailable(reason: "SCRIPT_WORKER", cause: cause) }
            throw .broken(
                "G-62", DataValidationAssist.self, field: .script, Text(en: error.english, ko: error.korean))
        }
    }

    private enum Column: String {
        case revision
    }

    /// The most checks of one staging table that hold at once.
    private static let limit = 500

    /// Reads the checks that hold for a staging table in a domain, those of the domain and of the ones above it, in their
    /// order. More than a run can carry out are refused: with some of them left out, rows would pass unseen.
    static func active(
        for stagingTable: String, in domain: String, _ tx: Transaction
    ) throws -> [DataValidationAssist] {
        let rows = try tx.query(
            """
            SELECT id, revision, validation_type, validation_sub_type, reference_table, reference_table_field, target_table, \
            target_table_field, staging_table_field, date_format, datetime_format, max_length, mandatory, script, name, \
            message, message_ko \
            FROM import_validation.data_validation_assist \
            WHERE staging_table = \(stagingTable) AND \(domain)::text ^@ domain AND active IS NOT FALSE \
            ORDER BY "order" NULLS LAST, id LIMIT \(limit + 1)
            """)
        guard rows.count <= limit else {
            throw Problem(
                .failedPrecondition,
                Text(
                    en: "\(stagingTable) has more than \(limit) active checks. Deactivate some, then run again.",
                    ko: "'\(stagingTable)' 스테이징 테이블에 활성 검증이 \(grouped: limit)개를 넘습니다. 일부를 비활성화한 뒤 다시 실행하세요."),
                reason: "TOO_MANY_CHECKS")
        }
        return try rows.map { row in
            var assist = DataValidationAssist()
            assist.id = try row.string(Field.id)
            assist.etag = String(try row.int64(Column.revision))
            assist.validationType = try row.optionalString(Field.validationType)
            assist.validationSubType = try row.optionalString(Field.validationSubType)
            assist.referenceTable = try row.optionalString(Field.referenceTable)
            assist.referenceTableField = try row.optionalString(Field.referenceTableField)
            assist.targetTable = try row.optionalString(Field.targetTable)
            assist.targetTableField = try row.optionalString(Field.targetTableField)
            assist.stagingTable = stagingTable
            assist.stagingTableField = try row.optionalString(Field.stagingTableField)
            assist.dateFormat = try row.optionalString(Field.dateFormat)
            assist.datetimeFormat = try row.optionalString(Field.datetimeFormat)
            assist.maxLength = try row.optionalInt(Field.maxLength).map(Int32.init(clamping:))
            assist.mandatory = try row.optionalBool(Field.mandatory)
            assist.script = try row.optionalString(Field.script)
            assist.name = try row.optionalString(Field.name)
            assist.message = try row.optionalString(Field.message)
            assist.messageKo = try row.optionalString(Field.messageKo)
            return assist
        }
    }
}

/// The check that comes with the product: the account in a row is that of the case.
enum AccountCheck {
    static let name = "Account matches the case"
    /// As the sample prints it.
    static let message = "The Account is not matching with the Case Account."
    static let messageKo = "계정이 케이스의 계정과 일치하지 않습니다."

    static let script = """
        function executeCondition(stagingTableGr) {
            var result = { validationPassed: true, message: '' };
            if (stagingTableGr.task && stagingTableGr.u_company) {
                if (stagingTableGr.task.company.name != stagingTableGr.u_company) {
                    result.validationPassed = false;
                    result.message = '\(message)';
                }
            }
            return result;
        }
        """

    /// Adds the check, once, for every staging table whose rows name an account.
    static func seed(_ database: Database) async throws(Problem) {
        try await Seeding.run(database, in: .root) { seeding in
            let (context, tx) = (seeding.context, seeding.tx)
            // An earlier version made them without a note.
            let rows = try tx.query(
                """
                SELECT staging_table FROM import_validation.data_validation_assist \
                WHERE created_by = \(context.caller.subject)
                """)
            let present = Set(try rows.map { try $0.string(DataValidationAssist.Field.stagingTable) })
            for target in ImportTarget.all where target.accountColumn != nil {
                try seeding.once("account-check:\(target.stagingTable)") {
                    guard !present.contains(target.stagingTable) else { return }
                    var assist = DataValidationAssist()
                    assist.name = name
                    assist.validationType = DataValidationAssist.ValidationType.record
                    assist.stagingTable = target.stagingTable
                    assist.script = script
                    (assist.message, assist.messageKo) = (message, messageKo)
                    assist.order = 100
                    _ = try Store<DataValidationAssist>(database).create(assist, context, in: tx)
                }
            }
            try seeding.once("account-check-in-korean") { try giveKorean(seeding, database) }
        }
    }

    /// An earlier version said its sentence in English alone; what an administrator has changed since stays.
    private static func giveKorean(_ seeding: Seeding, _ database: Database) throws {
        let store = Store<DataValidationAssist>(database)
        let made = try store.find(
            where: """
                created_by = \(seeding.context.caller.subject) AND script = \(script) AND message IS NULL \
                AND message_ko IS NULL
                """, in: seeding.tx)
        for check in made {
            _ = try store.change(check.id, seeding.context, in: seeding.tx) {
                ($0.message, $0.messageKo) = (message, messageKo)
            }
        }
    }
}
