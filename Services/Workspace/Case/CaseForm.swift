import OnboardingWire
import RPC
import Wire

/// The form of a case: what it is called and about, and who has to do with it. Its go-live date is moved on a page of its own, which
/// says first what that does; its state moves by buttons, and its products and teams are what its playbook asks for.
struct CaseForm: Sendable {
    private typealias Record = OnboardingCase

    let visit: Visit

    private static let keys: [OnboardingCase.Field] = [
        .shortDescription, .description, .priority, .stage, .type, .assignedTo, .contact, .serviceBridgeIntegration,
        .watchList,
    ]

    /// Whose form it is; what of it may be written the service decides.
    var isOffered: Bool { visit.may(.write, on: Record.schema) }

    private func form(_ record: OnboardingCase) -> RecordForm<OnboardingCase> {
        // What a case has only since it left New may be empty until then.
        RecordForm(
            Self.keys, visit,
            conditional: [Record.Field.assignedTo.rawValue, Record.Field.serviceBridgeIntegration.rawValue],
            known: .contacts(of: record.account))
    }

    /// The form with what the case has, by the names of the answer that its page is drawn from.
    func values(_ answer: OnboardingCasePage, action: String, refused: Problem?) async -> Values {
        let record = answer.onboardingCase ?? OnboardingCase()
        let people = answer.names.map { ($0.user, $0.name) }
        let named = [(record.assignedTo ?? "", answer.assignedToName), (record.contact ?? "", answer.contactName)]
        let known = Dictionary(
            (people + named).filter { !$0.1.isEmpty }, uniquingKeysWith: { first, _ in first })
        let names = await Work.names(known, chosenIn: Record.Field.watchList, visit)
        return form(record).values(record, names: names, action: action, refused: refused)
    }

    /// Writes what was changed in the form. What somebody else has saved meanwhile in other fields stays. Answers what was
    /// there before; nil when nothing was changed.
    func save(_ record: OnboardingCase) async throws(Problem) -> Undos.Change? {
        let (form, etag) = (form(record), visit.form["etag"])
        let isApart = etag != record.etag && form.isApart(from: record)
        let (changed, mask) = try await form.record(id: record.id, etag: isApart ? record.etag : etag)
        guard !mask.paths.isEmpty else { return nil }
        var request = UpdateOnboardingCaseRequest()
        (request.onboardingCase, request.updateMask) = (changed, mask)
        let after = try await visit.ask(OnboardingAPI.updateOnboardingCase, request)
        return Undos.Change(mask.paths, of: record, etag: after.etag)
    }
}
