import Postgres
import Records

/// The rows of a file that have a double in it, told of it while they are loaded. Where the task has no other rows, and
/// nobody else brings or checks any meanwhile, these are all, and not every row has to be read again to find them.
struct OwnDoubles {
    /// Most keys that are noted, in 3 MB. Of a larger file the database is asked.
    private static let mostKeys = 196_608

    private let target: ImportTarget
    private let file: String
    private let language: String
    /// How many other runs of the task had begun when the load began; nil where that is of no use.
    private let begun: Int64?
    /// The first row of each key; below zero once its double is known.
    private var first: [Int64: Int32]?
    /// First rows that were on their way already when their double came, each with that double.
    private var late: [Int32: Int32] = [:]

    /// For the load of a run, which looks whether the task is as empty as that.
    init(_ tools: RunTools, _ target: ImportTarget, file: String) async throws {
        let claim = tools.claim
        let begun = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            // In this order: a run that begins between the two is counted at the end.
            let begun = try StagingDoubles.begunBeside(claim.run, of: claim.task, tx)
            return try StagingDoubles.isAlone(claim.run, in: claim.task, tx) ? begun : nil
        }
        self.init(begun: begun, target, file: file, language: tools.language)
    }

    init(begun: Int64?, _ target: ImportTarget, file: String, language: String) {
        self.begun = begun
        self.target = target
        self.file = file
        self.language = language
        first = begun == nil ? nil : [:]
    }

    /// Adds to the verdicts of the next rows what is to be said of their doubles.
    mutating func tell(_ rows: [ReadRow], _ verdicts: inout [RowVerdict]) {
        guard let count = first?.count, count + rows.count <= Self.mostKeys else {
            first = nil
            return
        }
        var places: [Int32: Int]?
        for index in rows.indices {
            guard let key = verdicts[index].key else { continue }
            let number = Int32(clamping: rows[index].number)
            guard let other = first?[key] else {
                first?[key] = number
                continue
            }
            tell(&verdicts[index], of: abs(other))
            guard other > 0 else { continue }
            first?[key] = -other
            let known = places ?? Self.places(of: rows)
            places = known
            if let place = known[other], place < index {
                tell(&verdicts[place], of: number)
            } else {
                late[other] = number
            }
        }
    }

    private static func places(of rows: [ReadRow]) -> [Int32: Int] {
        Dictionary(rows.indices.map { (Int32(clamping: rows[$0].number), $0) }) { first, _ in first }
    }

    private func tell(_ verdict: inout RowVerdict, of other: Int32) {
        verdict.add(RowError(.double, ["\(other)", file]), target, language)
    }

    /// Where doubles are still to be looked for.
    var rest: StagingDoubles.Among {
        guard let begun, first != nil, late.count <= StagingDoubles.mostKeys else { return .all }
        return .rows(late.flatMap { [Int($0.key), Int($0.value)] }, begun: begun)
    }
}
