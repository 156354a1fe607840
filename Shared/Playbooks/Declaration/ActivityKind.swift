import Ground
import PlaybooksWire
import RPC
import Records
import Roles
import Wire

/// What an activity of one kind asks for, and what completing it does (G-114).
public struct ActivityKind: Sendable {
    /// Its name in activity definitions, `built_in`: "enter_info".
    public let key: String
    /// What people call it, unless its definition says otherwise.
    public let label: Text
    /// What its form asks for, unless the playbook or the definition names inputs with the same keys.
    public let inputs: [ActivityInput]
    /// What the caller must be allowed to do before anything is written; besides, the record of `creates`.
    public let rights: [WriteRight]
    /// Whether the activity makes the record that `creates` describes when it starts, and ends with that record.
    public let makesRecord: Bool
    /// Whether completing it makes the parent record of the fields that it asks for, where a run has none yet.
    public let makesParent: Bool
    /// Does what completing means, in the transaction that completes; throws a ``Problem`` to refuse.
    public let complete: @Sendable (ActivityCompletion, RuleContext) throws -> ActivityOutcome

    /// A kind; one that only keeps what was entered needs no `complete`.
    public init(
        _ key: String, _ label: Text, inputs: [ActivityInput] = [], rights: [WriteRight] = [],
        makesRecord: Bool = false, makesParent: Bool = false,
        complete: @escaping @Sendable (ActivityCompletion, RuleContext) throws -> ActivityOutcome = { _, _ in
            ActivityOutcome()
        }
    ) {
        self.key = key
        self.label = label
        self.inputs = inputs
        self.rights = rights
        self.makesRecord = makesRecord
        self.makesParent = makesParent
        self.complete = complete
    }
}

/// Something that completing an activity does to a table.
public struct WriteRight: Sendable, Hashable {
    /// What is done.
    public let operation: Operation
    /// To which table.
    public let table: String

    /// A right to the records of `R`.
    public init<R: RecordMessage>(_ operation: Operation, _ type: R.Type) {
        self.init(operation, named: R.schema.table)
    }

    /// A right to the table of a name that a definition says.
    init(_ operation: Operation, named table: String) {
        self.operation = operation
        self.table = table
    }
}

/// An activity at the moment it is completed.
public struct ActivityCompletion: Sendable {
    /// The run, with the record that completing the activity made for it.
    public internal(set) var run: PlaybookRun
    /// The activity, completed the how-manieth time by `activity.completions`, this time included.
    public let activity: PlaybookActivity
    /// What its version says of it.
    public let plan: PlannedActivity
    /// What its form shows, by the keys of inputs, in text form; rows as JSON.
    public let values: [String: String]
    /// The other activities of its lane.
    public let lane: [PlaybookActivity]
    /// Those of them whose records another service has yet to make.
    public let making: [PlaybookActivity]
    /// The rows of which it has made records since it was last begun.
    public let made: [MadeRow]

    /// The parent record's id.
    public var record: String { run.record }
}

/// A row of a form of which a record was made.
public struct MadeRow: Sendable {
    /// What the row said.
    public let row: [String: String]
    /// The number of the record.
    public let number: String
}

/// What completing an activity came to, beside what it has written.
public struct ActivityOutcome: Sendable {
    /// The end of a record: of that which another activity of the run has made, or of one that none has.
    public struct Ending: Sendable {
        let activity: String
        let record: CreatedRecord?
        let notes: String

        /// The record of `activity`, an id, is closed with `notes`.
        public init(activity: String, notes: String) {
            self.activity = activity
            self.record = nil
            self.notes = notes
        }

        /// `record`, of another service, is closed with `notes`.
        public init(record: CreatedRecord, notes: String) {
            self.activity = ""
            self.record = record
            self.notes = notes
        }
    }

    /// Records that were made or changed for it.
    public var created: [CreatedRecord] = []
    /// Whether these are all that it stands for now: what it made at a completion before, and its form does not say any
    /// more, is its no longer.
    public var replacesCreated = false
    /// The rows of which records were made that must not be made of them again, by the ids of the records.
    public var rows: [String: [String: String]] = [:]
    /// What people should know all the same (G-42).
    public var warnings: [Text] = []
    /// Records that are closed with it.
    public var ends: [Ending] = []
    /// How the parent record ends with it, behind everything that the completion starts; nil when it goes on. A run whose
    /// last activity this is, is done; one that has more to do is canceled (BR-25).
    public var endsParent: RecordEnd?
    /// Ids of done activities of its lane that are to be taken up again: what it came to gives them more to do.
    public var reopens: [String] = []

    /// Nothing.
    public init() {}
}

extension ActivityInput {
    /// An input that sets a field of the parent record.
    public static func field<R: Record>(_ field: R.Field, of type: R.Type, isMandatory: Bool = false) -> ActivityInput {
        var input = ActivityInput()
        input.key = field.rawValue
        input.field = field.rawValue
        input.mandatory = isMandatory
        return input
    }
}
