import Ground
import OnboardingWire
import Playbooks
import RPC
import Records
import Wire

/// The date on which a case goes live: due dates are counted back from it.
extension OnboardingCase {
    /// Refuses a date from which nothing can be counted back, where it is entered.
    static let goLiveCanBeCountedFrom = Rule<OnboardingCase>("DUE_ORIGIN") { change, _ in
        guard change.changes(.goLiveDate), let date = change.new.goLiveDate,
            let field = schema.field(Field.goLiveDate.rawValue), let fault = CountedDate.fault(in: date, of: field)
        else { return }
        throw Problem.broken("DUE_ORIGIN", OnboardingCase.self, field: .goLiveDate, fault)
    }

    /// A date that has passed when it is entered may be meant: what already runs is onboarded as well.
    static let goLiveIsAhead = Rule<OnboardingCase>.advice(
        "GO_LIVE_PAST", field: .goLiveDate,
        Text(en: "The go-live date has already passed.", ko: "운영 개시일이 이미 지났습니다.")
    ) { change, context in
        guard change.changes(.goLiveDate), let date = change.new.goLiveDate.flatMap({ CivilDate($0) }) else {
            return false
        }
        return date < context.write.today
    }
}
