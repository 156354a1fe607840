import Events
import Ground
import Postgres
import RPC
import Tenancy
import Wire

extension Store {
    /// Creates many records at once: what they refer to is read in one round trip, and the rows are sent without
    /// waiting for each other.
    ///
    /// All or nothing: the first record that cannot be created throws; a refusal of the database shows at the next
    /// `query` or `flush` of the transaction. Meant for batches of some hundreds.
    public func createAll(_ drafts: [R], _ context: WriteContext, in tx: Transaction) throws -> [R] {
        var position = 0
        return try createAll(drafts, context, in: tx, at: &position, sendsEarly: true)
    }

    /// As ``createAll(_:_:in:)``; `position` is left at the draft that was being worked on when an error was thrown. With
    /// `sendsEarly` the server writes the first ones while those behind them are looked at: what it refuses may then show at
    /// the position of another.
    func createAll(
        _ drafts: some RandomAccessCollection<R>, _ context: WriteContext, in tx: Transaction, at position: inout Int,
        sendsEarly: Bool = false
    ) throws -> [R] {
        if !context.isSystem { try authorize(.create, context.caller) }
        var intakes: [Intake<R>] = []
        intakes.reserveCapacity(drafts.count)
        var references = BatchReferences<R>(database, isSystem: context.isSystem)
        for (index, draft) in drafts.enumerated() {
            position = index
            let given = R.schema.fields.indices.filter { !draft[fieldAt: $0].isEmpty }
            var intake = try Intake<R>(draft, given, context, isCreation: true)
            fillDefaults(&intake.record)
            try complete(&intake.record, context, tx)
            try references.add(intake.record)
            intakes.append(intake)
        }
        let statements = references.statements + numbering(drafts.count, context)
        let answers = statements.isEmpty ? [] : try tx.queryAll(statements)
        let numbers = try numbers(drafts.count, answers.last, context)
        var created: [R] = []
        // A comment comes behind the record that it is about.
        let areMadeAtOnce = R.isMadeAtOnce && intakes.allSatisfy { $0.entries.isEmpty }
        var creations = areMadeAtOnce ? Creations<R>() : nil
        created.reserveCapacity(intakes.count)
        for index in intakes.indices {
            position = index
            let number = numbers.isEmpty ? nil : numbers[index]
            let (load, own) = references.of(index, answers)
            created.append(try insert(intakes[index], load, own, number, context, tx, &creations))
            if sendsEarly { creations?.sendWhole(layout, context, in: tx) }
        }
        creations?.send(layout, context, in: tx)
        return created
    }

    /// Removes records that this transaction has read and locked, by one statement; their events come in their order. What
    /// depends on one of them keeps all from going. For what a service itself takes back.
    public func deleteAll(_ records: [R], _ context: WriteContext, in tx: Transaction) throws {
        if !context.isSystem { try authorize(.delete, context.caller) }
        let rules = RuleContext(transaction: tx, write: context, database: database)
        func apply(_ phase: Rule<R>.Phase, _ change: Change<R>) throws {
            for rule in R.rules where rule.phase == phase {
                var removed = change
                try rule.apply(&removed, rules)
            }
        }
        var events: [[SQLValue]] = []
        let changes = records.map { record in
            var gone = record
            gone.etag = String((Int64(record.etag) ?? 0) + 1)
            return Change(old: record, new: gone)
        }
        for (record, change) in zip(records, changes) {
            try apply(.beforeDeletion, Change(old: record, new: record))
            let at = layout.time(of: change, context)
            let event = try Outbox.event(change, action: "deleted", changed: [], at: at, context)
            events.append(try Outbox.values(event, service: database.service, trace: context.trace))
            // What is taken back by thousands nobody waits for, but for what plays are launched from.
            if R.schema.launchesPlays { journalDeletion(change, at: at, context, in: tx) }
        }
        // Found by their ids, whatever is expected of a table that an import has just filled.
        tx.walking {
            tx.send(
                "DELETE FROM \(raw: layout.table) WHERE id = ANY(\(records.map(\.id))::uuid[])",
                expecting: records.count)
        }
        var rest = events[...]
        while !rest.isEmpty {
            let count = Creations<R>.size(for: rest.count)
            tx.send(layout.adding(events: count).filled(with: Array(rest.prefix(count).joined())))
            rest = rest.dropFirst(count)
        }
        for change in changes { try apply(.afterDeletion, change) }
    }

    /// The part of a creation that follows what was read for it.
    func insert(
        _ intake: Intake<R>, _ references: ReferenceLoad<R>, _ answers: ArraySlice<Rows>, _ number: Int64?,
        _ context: WriteContext, _ tx: Transaction
    ) throws -> R {
        var alone: Creations<R>?
        return try insert(intake, references, answers, number, context, tx, &alone)
    }

    private func insert(
        _ intake: Intake<R>, _ references: ReferenceLoad<R>, _ answers: ArraySlice<Rows>, _ number: Int64?,
        _ context: WriteContext, _ tx: Transaction, _ creations: inout Creations<R>?
    ) throws -> R {
        var record = intake.record
        let domains = try references.resolve(answers, into: &record)
        if let index = layout.numberIndex, let number {
            record[fieldAt: index] = .string(RecordNumber.text(R.schema.numberPrefix ?? "", number))
        }
        stampCreation(&record, context)
        var change = Change(old: nil, new: record)
        try place(&change, domains, context, tx)
        try references.check(answers, of: change.new)
        var written = try finish(&change, action: "created", intake, context, tx, &creations)
        // Nobody shall remember a number that the record will not have.
        if context.isTrial {
            for index in layout.numbered { written[fieldAt: index] = .null }
        }
        return written
    }
}
