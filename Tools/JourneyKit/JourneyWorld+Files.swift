import Foundation
import ImportValidationWire
import RPC
import Wire

extension JourneyWorld {
    /// Sends a file to an import task in chunks of so many bytes.
    public func upload(
        _ path: String, to task: ImportTask, as credential: Credential, chunk: Int = 256 << 10
    ) async throws -> Upload {
        guard let data = FileManager.default.contents(atPath: path) else { throw JourneyFailure("no file \(path)") }
        var begin = BeginUploadRequest()
        begin.importTask = task.id
        begin.fileName = URL(fileURLWithPath: path).lastPathComponent
        begin.sizeBytes = Int64(data.count)
        var upload = try await call(ImportValidationAPI.beginUpload, begin, as: credential)
        for offset in stride(from: 0, to: data.count, by: chunk) {
            var append = AppendUploadRequest()
            append.id = upload.id
            append.offset = Int64(offset)
            append.content = Array(data[offset..<min(offset + chunk, data.count)])
            upload = try await call(ImportValidationAPI.appendUpload, append, as: credential)
        }
        var complete = CompleteUploadRequest()
        complete.id = upload.id
        return try await call(ImportValidationAPI.completeUpload, complete, as: credential)
    }

    /// An import run at its end, whichever it is; one of many rows may take longer than the world is patient, 3 ms for each.
    public func ended(_ run: ImportRun, of rows: Int64 = 0, as credential: Credential) async throws -> ImportRun {
        let bound = max(patience, .milliseconds(3 * rows))
        return try await eventually("import run \(run.id)", within: bound) { () -> ImportRun? in
            var request = GetRequest()
            request.id = run.id
            let run = try await call(ImportValidationAPI.getImportRun, request, as: credential)
            return ["completed", "failed", "canceled"].contains(run.state ?? "") ? run : nil
        }
    }
}
