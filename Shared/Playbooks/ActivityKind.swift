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

    /// A right of the access table.
    public init(_ operation: Operation, _ table: String) {
        self.operation = operation
        self.table = table
    }
}

/// An activity at the moment it is completed.
public struct ActivityCompletion: Sendable {
    /// The run.
    public let run: PlaybookRun
    /// The activity, completed the how-manieth time by `activity.completions`, this time included.
    public let activity: PlaybookActivity
    /// What its version says of it.
    public let plan: PlannedActivity
    /// What was entered, by the keys of inputs, in text form; rows as JSON.
    public let values: [String: String]
    /// The other activities of its lane.
    public let lane: [PlaybookActivity]
    /// What all activities of the run entered, by "<activity>.<input>".
    public let earlier: [String: String]

    /// The parent record's id; empty where the activity is to make it.
    public var record: String { run.record }
}

/// What completing an activity came to, beside what it has written.
public struct ActivityOutcome: Sendable {
    /// The end of the record that another activity of the run has made.
    public struct Ending: Sendable {
        let activity: String
        let notes: String

        /// The record of `activity`, an id, is closed with `notes`.
        public init(activity: String, notes: String) {
            self.activity = activity
            self.notes = notes
        }
    }

    /// Records that were made or changed for it.
    public var created: [CreatedRecord] = []
    /// What people should know all the same (G-42).
    public var warnings: [Text] = []
    /// Records that are closed with it.
    public var ends: [Ending] = []

    /// Nothing.
    public init() {}
}
