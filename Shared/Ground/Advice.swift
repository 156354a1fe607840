import RPC
import Synchronization
import Wire

/// What a rule has to say about a write that is done all the same.
package struct Advice: Sendable {
    /// The rule: `G-91`.
    package let rule: String
    /// The path of the field it is about: `<table>.<field>`.
    package let field: String
    /// The sentence for people.
    package let text: Text

    /// `rule` says `text` about `field`.
    package init(rule: String, field: String, text: Text) {
        self.rule = rule
        self.field = field
        self.text = text
    }

    /// The advice as it leaves the service.
    package func warning(_ language: String) -> Warning {
        Warning(rule: rule, field: field, message: text(language))
    }
}

/// What rules have advised in one transaction, record by record in the order of writing.
///
/// A transaction that is run again begins with a new one. Who undoes a part of a transaction takes out what was
/// gathered in it.
package final class AdviceList: Sendable {
    private let records = Mutex<[[Advice]]>([])

    package init() {}

    /// Another record is being written.
    package func begin() { records.withLock { $0.append([]) } }

    /// Adds to the record that is being written.
    package func add(_ advice: Advice) { records.withLock { $0[$0.count - 1].append(advice) } }

    /// Takes out everything: one element for each record written, which may be empty.
    package func take() -> [[Advice]] {
        records.withLock { records in
            defer { records = [] }
            return records
        }
    }
}
