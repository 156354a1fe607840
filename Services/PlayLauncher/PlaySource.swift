import CustomerSuccessWire
import Flows
import Korean
import OnboardingWire
import PlayLauncherWire
import RPC
import Records
import Tenancy
import Wire
import WireCatalog

/// The record a play is launched from, as the launching person may see it.
struct PlaySource: Sendable {
    /// The tables whose pages offer plays, as their records declare: the seven printed ones, the page of the onboarding case
    /// (G-75), and the account, from which the page of a new case launches before there is one.
    static let schemas: [RecordSchema] = Catalog.schemas.filter(\.launchesPlays)

    let schema: RecordSchema
    let id: String
    let domain: DomainPath
    /// The record in protobuf-JSON.
    let record: JSONValue

    /// The dictionary of a table plays are launched from; INVALID_ARGUMENT for any other.
    static func schema(of table: String) throws(Problem) -> RecordSchema {
        if let schema = schemas.first(where: { $0.table == table }) { return schema }
        let known = schemas.map(\.table).joined(separator: ", ")
        let labels = schemas.map(\.label.ko).joined(separator: ", ")
        throw .invalid(
            field: LaunchPlayRequest.Field.sourceTable,
            Text(en: "Plays are launched from: \(known).", ko: "다음 테이블에서 플레이를 시작할 수 있습니다: \(labels)"), rule: "G-75")
    }

    /// Whether records of the table are, or belong to, an engagement.
    static func hasEngagement(_ table: String) -> Bool {
        table == Engagement.schema.table
            || schemas.contains { $0.table == table && $0.index(like: RiskSignal.Field.engagement) != nil }
    }

    /// Asks the owner for the record, with the token of the person who calls: what the person may not read is not found,
    /// and nothing begins on what has ended (G-128).
    static func read(_ table: String, _ id: String, _ client: Client) async throws(Problem) -> PlaySource {
        let schema = try schema(of: table)
        guard !id.isEmpty else {
            throw .invalid(
                field: LaunchPlayRequest.Field.sourceRecord, Text(en: "The record is missing.", ko: "레코드가 지정되지 않았습니다."))
        }
        let request: JSONValue = ["id": .string(id)]
        let answer = try await client.call(
            json: Array(request.text.utf8), to: "ale.v1.\(schema.service).\(schema.collection).get")
        guard let record = try? JSONValue(parsing: answer), let own = record[Engagement.Field.id.rawValue]?.string,
            let domain = record[Engagement.Field.domain.rawValue]?.string.flatMap(DomainPath.init)
        else { throw .internalError(cause: "\(table) \(id) was answered without id or domain") }
        let source = PlaySource(schema: schema, id: own, domain: domain, record: record)
        guard
            ![RiskSignal.State.closed, RiskSignal.State.canceled].contains(
                source.value(like: RiskSignal.Field.state)?.string)
        else {
            throw .failedPrecondition(
                rule: "G-128",
                Text(
                    en: "\(schema.label.en) is closed or canceled: no play begins there. Reopen it first.",
                    ko: "\(schema.label.ko, .subject) 종결되었거나 취소되어 플레이를 시작할 수 없습니다. 먼저 다시 연 후 진행하세요."),
                field: LaunchPlayRequest.Field.sourceRecord)
        }
        return source
    }

    /// The value of the field that goes by the name of another record's.
    private func value(like field: some FieldKey) -> JSONValue? {
        schema.index(like: field).flatMap { record[schema.fields[$0].jsonName] }
    }

    /// The engagement the record is or belongs to.
    var engagement: String? {
        schema.table == Engagement.schema.table ? id : value(like: RiskSignal.Field.engagement)?.string
    }

    /// The account that the record is or belongs to.
    var account: String? {
        schema.table == CustomerAccount.schema.table ? id : value(like: RiskSignal.Field.account)?.string
    }

    /// `source` of the flow's input.
    var input: JSONValue {
        var members: [String: JSONValue] = ["table": .string(schema.table), "id": .string(id)]
        if let engagement, !engagement.isEmpty { members["engagement"] = .string(engagement) }
        if let account, !account.isEmpty { members["account"] = .string(account) }
        return .object(members)
    }

    /// What the details page is filled with beforehand (G-76).
    func prefill(_ name: String, _ caller: Caller) -> JSONValue? {
        switch name {
        case "requested_by": caller.kind == .person ? .string(caller.subject) : nil
        case "account": account.map(JSONValue.string)
        case "contact": value(like: Touchpoint.Field.contact) ?? value(like: Engagement.Field.keyCustomerContact)
        default: record[name]
        }
    }
}
