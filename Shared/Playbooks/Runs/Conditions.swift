import Filters
import Records

extension RuleContext {
    /// What the functions of conditions answer: who asks, and when.
    var filterFacts: FilterFacts {
        FilterFacts(nowMicroseconds: write.now.microseconds, subject: write.caller.subject)
    }
}
