import Filters
import Ground

extension RuleContext {
    /// What the functions of conditions answer: who asks, and when.
    public var filterFacts: FilterFacts {
        FilterFacts(nowMicroseconds: write.now.microseconds, subject: write.caller.subject)
    }
}
