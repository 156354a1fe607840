import ImportValidationWire
import Records
import Workbook

/// The merged ranges of a sheet as far as they cover cells of the target's fields. A person sees one value over all of a
/// range, which the file has in its first cell alone, so that every other row and field it covers needs attention.
struct MergedCells {
    private let columns: [(column: Int, field: String)]
    /// In the order of their first rows, with the next one that each column has to look at.
    private let ranges: [CellRange]
    private var next: [Int]
    /// For each column the range that reaches down furthest of those that began.
    private var current: [CellRange?]

    /// Of the ranges of a sheet, whose titles say where the fields are; those that end above the rows are left out.
    init(_ ranges: [CellRange], _ header: SheetHeader, _ plan: CheckPlan) {
        columns = zip(header.columns, plan.columns).compactMap { column, field in
            column.map { ($0, field.field.name) }
        }
        let read = columns.map(\.column)
        self.ranges = ranges.filter { range in
            range.rows.upperBound > header.row && read.contains { range.columns.contains($0) }
                && range.rows.count * range.columns.count > 1
        }.sorted { $0.rows.lowerBound < $1.rows.lowerBound }
        next = columns.map { _ in 0 }
        current = columns.map { _ in nil }
    }

    /// The rows that may be covered, from the first to the last; nil when there are none.
    var rows: ClosedRange<Int>? {
        ranges.first.map { first in
            first.rows.lowerBound...ranges.reduce(first.rows.upperBound) { max($0, $1.rows.upperBound) }
        }
    }

    /// What is to be said against the cells of a row; rows come in their order.
    mutating func faults(row: Int) -> [CellFault] {
        columns.indices.compactMap { index in
            let (column, field) = columns[index]
            advance(index, column, to: row)
            guard let range = current[index], range.rows.contains(row),
                row != range.rows.lowerBound || column != range.columns.lowerBound
            else { return nil }
            let place = CellName.cell(column: column, row: row)
            return CellFault(kind: .merged, field: field, place: place, detail: range.name)
        }
    }

    private mutating func advance(_ index: Int, _ column: Int, to row: Int) {
        while next[index] < ranges.count, ranges[next[index]].rows.lowerBound <= row {
            let range = ranges[next[index]]
            next[index] += 1
            guard range.columns.contains(column) else { continue }
            if range.rows.upperBound >= current[index]?.rows.upperBound ?? 0 { current[index] = range }
        }
    }
}

extension LoadRun {
    /// Tells the rows of a file that merged ranges cover, which are known behind its last row; how many of them were ready.
    func tellMerged(_ merged: MergedCells, _ upload: Upload, _ checker: RowChecker) async throws -> Int {
        guard let span = merged.rows else { return 0 }
        var merged = merged
        var last: HeldRow?
        var told = 0
        let (claim, database, version) = (tools.claim, tools.database, checker.plan.version.number)
        while true {
            let after = last
            let page = try await database.transaction(as: tools.service, readOnly: true) { tx in
                try StagingStore.page(of: claim.task, upload: upload.id, span, after: after, limit: Self.batch, tx)
            }
            guard let end = page.last else { return told }
            last = end
            let covered = page.compactMap { row -> HeldRow? in
                let faults = merged.faults(row: Int(row.number))
                guard !faults.isEmpty else { return nil }
                var row = row
                row.faults += faults
                return row
            }
            guard !covered.isEmpty else { continue }
            let verdicts = try await checker.judged(covered)
            let writing = tools.writing
            try await database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
                try claim.lease.hold(in: tx)
                try StagingStore.judge(covered, verdicts, by: version, of: claim.task, in: claim.domain, writing, tx)
            }
            told += covered.count { $0.status == RowStatus.readyToPublish.rawValue }
        }
    }
}

extension RowChecker {
    /// The verdicts on rows that are staged already. What they were told of each other stays.
    fileprivate func judged(_ rows: [HeldRow]) async throws -> [RowVerdict] {
        var verdicts = try await check(rows.map(\.cells), faults: rows.map(\.faults))
        for (index, row) in rows.enumerated() {
            verdicts[index].key = row.key
            for double in row.doubles { verdicts[index].add(double, plan.target, language) }
        }
        return verdicts
    }
}
