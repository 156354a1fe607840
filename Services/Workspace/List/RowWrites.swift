import Foundation
import OnboardingWire
import RPC
import Wire

/// Writes many records of one table, each with a result of its own: at once where their service can, else one by one, a few
/// beside each other. Each is written only as long as it is as it was shown.
enum RowWrites {
    /// Records that are written beside each other where there is no batch.
    private static let atOnce = 8

    /// Sets fields of the chosen records to what they are in `values`.
    static func set<R: RecordMessage>(
        _ values: R, _ mask: FieldMask, in targets: [BatchTarget], _ visit: Visit
    ) async throws(Problem) -> BatchResponse {
        let records = targets.map { target in
            var record = values
            (record.id, record.etag) = (target.id, target.etag)
            return record
        }
        return try await write(records, mask, visit)
    }

    /// Writes the fields of the mask.
    static func write<R: RecordMessage>(
        _ records: [R], _ mask: FieldMask, _ visit: Visit
    ) async throws(Problem) -> BatchResponse {
        guard R.schema.verbs.contains("batch_update") else { return try await writeEach(records, mask, visit) }
        let bodies = records.compactMap { record in
            (try? record.encodeJSON()).flatMap { try? JSONSerialization.jsonObject(with: Data($0)) }
        }
        let body: [String: Any] = [ListedRecords.camel(R.schema.collection): bodies, "updateMask": mask.json ?? ""]
        guard bodies.count == records.count, let json = try? JSONSerialization.data(withJSONObject: body) else {
            throw .internalError(cause: "a batch cannot be encoded")
        }
        return try response(
            try await visit.ask(json: [UInt8](json), to: ListedRecords.subject("batch_update", R.schema)))
    }

    /// What a service answers to a batch.
    static func response(_ json: [UInt8]) throws(Problem) -> BatchResponse {
        guard let response = try? BatchResponse.decode(json: json) else {
            throw .internalError(cause: "the answer to a batch cannot be decoded")
        }
        return response
    }

    /// The same of a table without a batch. What is no refusal, such as a service that is away, is one of all where none was
    /// written.
    private static func writeEach<R: RecordMessage>(
        _ records: [R], _ mask: FieldMask, _ visit: Visit
    ) async throws(Problem) -> BatchResponse {
        let calls = RecordCalls<R>(visit)
        let written = await withTaskGroup(of: (place: Int, result: Result<R, Problem>).self) { group in
            var written: [Int: Result<R, Problem>] = [:]
            for (place, record) in records.enumerated() {
                if place >= atOnce, let done = await group.next() { written[done.place] = done.result }
                group.addTask {
                    (place, await Outcome.of { () async throws(Problem) in try await calls.update(record, mask) })
                }
            }
            return await group.reduce(into: written) { $0[$1.place] = $1.result }
        }
        let problems = written.values.compactMap { result in
            if case .failure(let problem) = result { problem } else { nil }
        }
        if problems.count == records.count, let away = problems.first(where: { !$0.isRefusal }) { throw away }
        var response = BatchResponse()
        response.results = records.indices.map { place in
            var result = BatchResult()
            (result.index, result.id) = (Int32(clamping: place), records[place].id)
            switch written[place] {
            case .success(let record): result.etag = record.etag
            case .failure(let problem): result.error = problem.status(language: visit.reader.language.rawValue)
            case nil: break
            }
            return result
        }
        response.failed = Int32(clamping: problems.count)
        response.succeeded = Int32(clamping: records.count - problems.count)
        return response
    }
}
