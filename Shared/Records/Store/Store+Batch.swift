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
        return try createAll(drafts, context, in: tx, at: &position)
    }

    /// As ``createAll(_:_:in:)``; `position` is left at the draft that was being worked on when an error was thrown.
    func createAll(
        _ drafts: some RandomAccessCollection<R>, _ context: WriteContext, in tx: Transaction, at position: inout Int
    ) throws -> [R] {
        if !context.isSystem { try authorize(.create, context.caller) }
        var intakes: [Intake<R>] = []
        var loads: [ReferenceLoad<R>] = []
        var statements: [SQL] = []
        var places: [SQL: Int] = [:]
        for (index, draft) in drafts.enumerated() {
            position = index
            let given = R.schema.fields.indices.filter { !draft[fieldAt: $0].isEmpty }
            var intake = try Intake<R>(draft, given, context, isCreation: true)
            fillDefaults(&intake.record)
            try complete(&intake.record, context, tx)
            let load = ReferenceLoad(
                intake.record, fields: R.schema.fields.indices, database: database, isSystem: context.isSystem)
            // Rows of one batch mostly refer to the same few records.
            for statement in try load.statements() where places[statement] == nil {
                places[statement] = statements.count
                statements.append(statement)
            }
            intakes.append(intake)
            loads.append(load)
        }
        statements += numbering(drafts.count, context)
        let answers = statements.isEmpty ? [] : try tx.queryAll(statements)
        let numbers = try numbers(drafts.count, answers.last, context)
        var created: [R] = []
        // A comment comes behind the record that it is about.
        let areMadeAtOnce = R.isMadeAtOnce && intakes.allSatisfy { $0.entries.isEmpty }
        var creations = areMadeAtOnce ? Creations<R>() : nil
        for (index, (intake, load)) in zip(intakes, loads).enumerated() {
            position = index
            let own = try load.statements().compactMap { places[$0].map { answers[$0] } }
            let number = numbers.isEmpty ? nil : numbers[index]
            created.append(try insert(intake, load, own[...], number, context, tx, &creations))
        }
        creations?.send(layout, in: tx)
        return created
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
