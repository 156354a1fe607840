import Events
import Ground
import Postgres
import RPC
import Roles
import Tenancy
import Wire

extension Store {
    /// Creates a record: checks what the caller gave, fills in what the system knows, and writes the row, the journal
    /// and the event in one statement. Fields that only the system writes are ignored when a person sends them.
    ///
    /// What the service itself writes is not asked about people. Where it writes what others have said, `people` is the
    /// scope under which the users of the draft are looked for: they must be there, on the side that their field says.
    public func create(
        _ draft: R, _ context: WriteContext, in tx: Transaction, people: Scope? = nil
    ) throws -> R {
        if !context.isSystem { try authorize(.create, context.caller) }
        let given = R.schema.fields.indices.filter { !draft[fieldAt: $0].isEmpty }
        var intake = try Intake<R>(draft, given, context, isCreation: true)
        fillDefaults(&intake.record)
        try complete(&intake.record, context, tx)
        let references = ReferenceLoad(
            intake.record, fields: R.schema.fields.indices, database: database, isSystem: context.isSystem)
        let users = people.map { PeopleLoad(draft, under: $0, thenUnder: context.caller.scope, database) }
        let asked = try users?.statements() ?? []
        let statements = try asked + references.statements() + numbering(1, context)
        var answers = statements.isEmpty ? [] : try tx.queryAll(statements)[...]
        try users?.check(answers.prefix(asked.count))
        answers = answers.dropFirst(asked.count)
        let number = try numbers(1, answers.last, context).first
        return try insert(intake, references, answers, number, context, tx)
    }

    /// Changes fields of one record as a request asks for.
    /// - Parameters:
    ///   - values: carries the id, the new values and, when the caller wants it checked, the etag (AIP-154).
    ///   - mask: fields to write (AIP-134); nil means every field that is filled in.
    public func update(
        _ values: R, mask: FieldMask?, _ context: WriteContext, in tx: Transaction
    ) throws -> R {
        try update(values, mask: mask, context, in: tx, known: nil)
    }

    /// As ``update(_:mask:_:in:)``, sharing what references name with other updates under the same savepoint.
    func update(
        _ values: R, mask: FieldMask?, _ context: WriteContext, in tx: Transaction, known: KnownReferences<R>?
    ) throws -> R {
        let fields = try maskedFields(values, mask, context)
        return try modify(values.id, etag: values.etag, context, in: tx, known: known) { old in
            var intake = try Intake<R>(values, fields, context, isCreation: false)
            var merged = old
            for index in intake.accepted { merged[fieldAt: index] = intake.record[fieldAt: index] }
            try checkInherited(old, merged, context)
            intake.record = merged
            return intake
        }
    }

    /// Changes a record inside the service; `body` sets fields, everything that follows from them is carried out.
    @discardableResult
    public func change(
        _ id: String, etag: String = "", _ context: WriteContext, in tx: Transaction, _ body: (inout R) throws -> Void
    ) throws -> R {
        try modify(id, etag: etag, context, in: tx) { old in
            var intake = Intake<R>(unchecked: old)
            try body(&intake.record)
            return intake
        }
    }

    private func modify(
        _ id: String, etag: String, _ context: WriteContext, in tx: Transaction, known: KnownReferences<R>? = nil,
        _ edit: (R) throws -> Intake<R>
    ) throws -> R {
        if !context.isSystem { try authorize(.write, context.caller) }
        guard let old = try find(id, lock: .update, in: tx), try context.isSystem || isVisible(old, to: context.caller)
        else { throw notFound(id) }
        try checkEtag(etag, old)
        try checkCustomerMayChange(old, context)
        let intake = try edit(old)
        var change = Change(old: old, new: intake.record)
        let changed = change.changed(among: layout.stored)
        try checkImmutable(changed, context)
        let resumed = R.lifecycle?.reopens(change) == true ? R.parentField(of: change.new).map(R.index) : nil
        let references = ReferenceLoad(
            change.new, before: old, fields: Set(changed).union(resumed.map { [$0] } ?? []).sorted(),
            database: database, isSystem: context.isSystem)
        let answers = try (known ?? KnownReferences()).answers(to: references, in: tx)
        let domains = try references.resolve(answers[...], into: &change.new)
        try place(&change, domains, context, tx)
        try references.check(answers[...], of: change.new)
        try checkMoved(change, besides: changed, context, tx)
        return try finish(&change, action: "updated", intake, context, tx)
    }

    /// Removes a record (AIP-135). What depends on it keeps it from going.
    public func delete(_ request: DeleteRequest, _ context: WriteContext, in tx: Transaction) throws {
        if !context.isSystem { try authorize(.delete, context.caller) }
        guard var old = try find(request.id, lock: .update, in: tx),
            try context.isSystem || isVisible(old, to: context.caller)
        else { throw notFound(request.id) }
        try checkEtag(request.etag, old)
        let rules = RuleContext(transaction: tx, write: context, database: database)
        for rule in R.rules where rule.phase == .beforeDeletion {
            var removed = Change(old: old, new: old)
            try rule.apply(&removed, rules)
        }
        let revision = (Int64(old.etag) ?? 0) + 1
        let stored = old
        old.etag = String(revision)
        let change = Change(old: stored, new: old)
        let at = layout.time(of: change, context)
        let event = try Outbox.event(change, action: "deleted", changed: [], at: at, context)
        tx.send("DELETE FROM \(raw: layout.table) WHERE id = \(old.id)")
        tx.send(try adding(event, context))
        journalDeletion(change, at: at, context, in: tx)
        for rule in R.rules where rule.phase == .afterDeletion {
            var removed = change
            try rule.apply(&removed, rules)
        }
    }

    /// Keeps what a record held that is deleted: by its deletion it leaves the condition of whatever waits for that.
    func journalDeletion(_ change: Change<R>, at: Timestamp, _ context: WriteContext, in tx: Transaction) {
        tx.send(
            Journal.insertion(into: database.schema).filled(
                with: Journal.deletion(change, of: layout.stored, at: at, context)))
    }

    /// The common end of every write: life cycle, mandatory fields, rules, the row with its journal and event.
    func finish(
        _ change: inout Change<R>, action: String, _ intake: Intake<R>, _ context: WriteContext, _ tx: Transaction
    ) throws -> R {
        var alone: Creations<R>?
        return try finish(&change, action: action, intake, context, tx, &alone)
    }

    /// The same; a new record is left with `creations`, where there are any, to be sent with others.
    func finish(
        _ change: inout Change<R>, action: String, _ intake: Intake<R>, _ context: WriteContext, _ tx: Transaction,
        _ creations: inout Creations<R>?
    ) throws -> R {
        try R.lifecycle?.apply(&change, context)
        try checkMandatory(change)
        let rules = RuleContext(transaction: tx, write: context, database: database)
        for rule in R.rules where rule.phase == .before { try rule.apply(&change, rules) }
        if !change.isCreation { for rule in database.tables.held(R.self) { try rule.apply(&change, rules) } }
        guard !change.new.domain.isEmpty else {
            throw Problem.internalError(cause: "\(R.schema.table) has no source for its domain")
        }
        try checkOwned(change.new, context)
        let changed = change.changed(among: layout.stored)
        if change.isCreation || !changed.isEmpty {
            try write(&change, changed, action: action, context, tx, &creations)
        }
        for entry in intake.entries {
            try append(entry.text, kind: entry.kind, to: change.new, context, in: tx)
        }
        for rule in R.rules where rule.phase == .after { try rule.apply(&change, rules) }
        if let lookUp = layout.lookUp?.filled(with: [.text(change.new.id)]), let row = try tx.query(lookUp).first {
            try layout.fill(&change.new, row, at: 0)
        }
        if let advice = context.advice {
            advice.begin()
            for rule in R.rules where rule.phase == .advice { try rule.apply(&change, rules) }
        }
        layout.compute(&change.new, today: context.today)
        return change.new
    }

    /// Writes row, journal and event as one statement.
    private func write(
        _ change: inout Change<R>, _ changed: [Int], action: String, _ context: WriteContext, _ tx: Transaction,
        _ creations: inout Creations<R>?
    ) throws {
        let revision = (change.old.map { Int64($0.etag) ?? 0 } ?? 0) + 1
        change.new.etag = String(revision)
        let at = layout.time(of: change, context)
        if !change.isCreation {
            change.new[fieldAt: layout.indexes.updatedAt] = .timestamp(at)
            change.new[fieldAt: layout.indexes.updatedBy] = .string(context.caller.subject)
        }
        let event = try Outbox.event(
            change, action: R.lifecycle?.action(of: change) ?? action, changed: changed, at: at, context)
        guard !change.isCreation else {
            guard creations == nil else {
                try creations?.add(change.new, event, of: database.service, layout, context)
                return
            }
            let row = layout.values(change.new, revision: revision)
            let outbox = try Outbox.values(event, service: database.service, trace: context.trace)
            let journal = Journal.values(change, changed: changed, at: at, context)
            return tx.send(layout.creation.filled(with: row + journal + outbox))
        }
        let journal = Journal.values(change, changed: changed, at: at, context)
        let row = layout.update(change.new, changed: changed, from: revision - 1)
        let entry = Journal.insertion(into: database.schema).filled(with: journal)
        tx.send("WITH written AS (\(row)), journaled AS (\(entry)) \(try adding(event, context))")
    }

    /// The statement that adds an event to the outbox.
    func adding(_ event: RecordEvent, _ context: WriteContext) throws -> SQL {
        try Outbox.insertion(into: database.schema).filled(
            with: Outbox.values(event, service: database.service, trace: context.trace))
    }
}

extension TableLayout {
    /// When a change of a record took place: behind the one before it, whoever's clock is behind and whoever waited for the
    /// other. So journal and events have the changes of a record in the order in which they were made, each at a time of
    /// its own.
    func time(of change: Change<R>, _ context: WriteContext) -> Timestamp {
        guard case .timestamp(let last)? = change.old?[fieldAt: indexes.updatedAt],
            last.microseconds >= context.now.microseconds
        else {
            return context.now
        }
        return Timestamp(microseconds: last.microseconds + 1)
    }

    /// When something is said about a record: not before its last change.
    func time(since record: R, _ context: WriteContext) -> Timestamp {
        guard case .timestamp(let last) = record[fieldAt: indexes.updatedAt], last > context.now else {
            return context.now
        }
        return last
    }
}

extension Lifecycle {
    /// The event that a change of state is, beyond an ordinary update.
    func action(of change: Change<R>) -> String? {
        guard let old = change.old else { return nil }
        let from = state(of: old)
        let to = state(of: change.new)
        guard from != to else { return nil }
        if closed.contains(to) { return to }
        return closed.contains(from) ? "reopened" : nil
    }
}
