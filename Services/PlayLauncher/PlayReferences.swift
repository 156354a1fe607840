import Flows
import Korean
import OnboardingWire
import PlayLauncherWire
import RPC
import Records
import Tenancy
import Wire
import WireCatalog

/// The records that answers name. Each is asked for at its owner with the token of the person who launches, before
/// anything begins: what that person may not see, and what lies in another tenant's domain, is not there.
struct PlayReferences: Sendable {
    let client: Client

    /// Most records that the answers of one launch name.
    private static let limit = 50

    /// An answer that names a record.
    private struct Named {
        let question: FlowQuestion
        let table: String
        let id: String
    }

    /// What is there of a record.
    private struct Found {
        let domain: DomainPath
        let isActive: Bool
    }

    /// Refuses answers that name what is not there, all at once.
    func check(
        _ answers: JSONValue, _ flow: CompiledFlow, _ source: PlaySource, _ caller: Caller
    ) async throws(Problem) {
        let named = Self.named(answers, flow, source, caller)
        guard !named.isEmpty else { return }
        guard named.count <= Self.limit else {
            throw .invalid(
                field: LaunchPlayRequest.Field.answers,
                Text(
                    en: "Answers name at most \(Self.limit) records.",
                    ko: "입력값에는 레코드를 최대 \(grouped: Self.limit)개까지 지정할 수 있습니다."), rule: "G-76")
        }
        // What a play makes lies with the source, or with an account that was chosen.
        var reach = [source.domain]
        var wrong: [Problem.Violation] = []
        for account in [true, false] {
            for item in named where (item.table == CustomerAccount.schema.table) == account {
                let found = try await find(item)
                if account, let found { reach.append(found.domain) }
                guard let found, found.isActive, account || reach.contains(where: { found.domain.contains($0) }) else {
                    wrong.append(Self.missing(item, flow))
                    continue
                }
            }
        }
        guard wrong.isEmpty else { throw .invalid(wrong) }
    }

    /// What was answered; what the page was filled with comes from the record itself, and from who asks.
    private static func named(
        _ answers: JSONValue, _ flow: CompiledFlow, _ source: PlaySource, _ caller: Caller
    ) -> [Named] {
        flow.wizard.flatMap { question -> [Named] in
            guard let table = question.reference, let answer = answers[question.name],
                answer != question.prefill.flatMap({ source.prefill($0, caller) })
            else { return [] }
            let ids = (answer.array ?? [answer]).compactMap(\.string)
            return ids.map { Named(question: question, table: table, id: $0) }
        }
    }

    private func find(_ item: Named) async throws(Problem) -> Found? {
        guard let schema = Catalog.schemas.first(where: { $0.table == item.table }) else { return nil }
        let request: JSONValue = ["id": .string(item.id)]
        do throws(Problem) {
            let answer = try await client.call(
                json: Array(request.text.utf8), to: "ale.v1.\(schema.service).\(schema.collection).get")
            guard let record = try? JSONValue(parsing: answer),
                let domain = record[User.Field.domain.rawValue]?.string.flatMap(DomainPath.init)
            else { return nil }
            // Only people and contacts leave; what has ended can still be named.
            let isLeft = record[User.Field.active.rawValue] == .bool(false)
            return Found(domain: domain, isActive: !isLeft)
        } catch {
            guard error.code == .notFound || error.code == .permissionDenied else { throw error }
            return nil
        }
    }

    private static func missing(_ item: Named, _ flow: CompiledFlow) -> Problem.Violation {
        let label = flow.label(of: item.question)
        return .init(
            field: LaunchPlayRequest.Field.answers.path(item.question.name),
            text: Text(
                en: "\(label.en): there is no such record.", ko: "\(label.ko): 해당 레코드가 없습니다."), rule: "G-76")
    }
}
