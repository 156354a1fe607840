/// What the system has acknowledged, by ids: nothing of it may be lost, and nothing beside it may be there.
public struct Ledger: Sendable {
    /// Accounts.
    public var accounts: Set<String> = []
    /// The onboarding case that came with each account.
    public var cases: [String: String] = [:]
    /// Import tasks of all cases.
    public var tasks: Set<String> = []
    /// How many contracts were published for each account.
    public var contracts: [String: Int] = [:]
    /// How many locations were published for each account.
    public var locations: [String: Int] = [:]
    /// How many rows of each import task were left unpublished, all of them ready.
    public var ready: [String: Int] = [:]
    /// Engagements.
    public var engagements: Set<String> = []
    /// Contracts linked to each engagement.
    public var links: [String: Int] = [:]
    /// Touchpoints people made, with the state they were left in.
    public var touchpoints: [String: String] = [:]
    /// How many work notes each touchpoint was given.
    public var notes: [String: Int] = [:]
    /// Files attached to cases: the record and the fingerprint of each.
    public var attachments: [String: (record: String, sha256: String)] = [:]
    /// Runs of plays.
    public var runs: Set<String> = []

    /// An empty one.
    public init() {}

    /// Adds what was acknowledged elsewhere.
    public mutating func add(_ other: Ledger) {
        accounts.formUnion(other.accounts)
        cases.merge(other.cases) { $1 }
        tasks.formUnion(other.tasks)
        contracts.merge(other.contracts) { $1 }
        locations.merge(other.locations) { $1 }
        ready.merge(other.ready) { $1 }
        engagements.formUnion(other.engagements)
        links.merge(other.links) { $1 }
        touchpoints.merge(other.touchpoints) { $1 }
        notes.merge(other.notes) { $1 }
        attachments.merge(other.attachments) { $1 }
        runs.formUnion(other.runs)
    }

    /// What it holds, in a line for people.
    public var summary: String {
        "\(accounts.count) accounts and cases, \(tasks.count) import tasks, \(contracts.values.reduce(0, +)) contracts "
            + "and \(locations.values.reduce(0, +)) locations published, \(attachments.count) attachments, \(touchpoints.count) touchpoints, \(runs.count) plays"
    }
}
