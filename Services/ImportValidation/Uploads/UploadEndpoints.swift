import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Workbook

/// Receives files in chunks.
struct UploadEndpoints: Sendable {
    let database: Database
    let files: UploadFiles
    let limit: Int64
    let access: TaskAccess

    var endpoints: [Endpoint] {
        [
            Endpoint(ImportValidationAPI.beginUpload) { call, request async throws(Problem) in
                TaskAccess.shown(try await begin(call, request), to: call.caller)
            },
            Endpoint(ImportValidationAPI.appendUpload) { call, request async throws(Problem) in
                TaskAccess.shown(try await append(call, request), to: call.caller)
            },
            Endpoint(ImportValidationAPI.completeUpload) { call, request async throws(Problem) in
                TaskAccess.shown(try await complete(call, request), to: call.caller)
            },
        ]
    }

    private func begin(_ call: Call, _ request: BeginUploadRequest) async throws(Problem) -> Upload {
        try UploadRules.check(
            fileName: request.fileName, size: request.sizeBytes, sha256: request.sha256, limit: limit)
        let method = ImportValidationAPI.beginUpload.name
        return try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
            let task = try access.uploaded(request.importTask, by: call.caller, in: tx)
            try TaskAccess.requireOpen(task, tx)
            var upload = Upload()
            upload.importTask = task.id
            upload.fileName = request.fileName
            upload.sizeBytes = request.sizeBytes
            if !request.sha256.isEmpty { upload.sha256 = request.sha256.lowercased() }
            return try Store<Upload>(database).create(upload, context.asSystem, in: tx)
        }
    }

    /// The row stays locked while the chunk is written, so that chunks of one file come one after the other.
    private func append(_ call: Call, _ request: AppendUploadRequest) async throws(Problem) -> Upload {
        let context = database.context(call)
        return try await database.transaction(as: call.caller, deadline: call.deadline) { tx in
            var upload = try found(request.id, call.caller, tx)
            guard upload.state == Upload.State.receiving else { throw Self.notReceiving(upload) }
            let step = try UploadRules.step(
                offset: request.offset, count: request.content.count, received: upload.receivedBytes ?? 0,
                size: upload.sizeBytes ?? 0)
            switch step {
            case .repeated:
                guard files.holds(request.content, at: request.offset, of: upload.id) else {
                    throw Problem.invalid(
                        field: AppendUploadRequest.Field.content,
                        Text(
                            en: "Other bytes were sent for this place before.",
                            ko: "같은 위치에 다른 내용이 이미 업로드되었습니다. 파일을 처음부터 다시 업로드하세요."))
                }
            case .write(let received):
                try files.write(request.content, at: request.offset, of: upload.id)
                // How far an upload is makes neither an event nor a new revision.
                tx.send(
                    """
                    UPDATE import_validation.upload SET received_bytes = \(received), \
                    updated_at = \(context.now.sqlValue) WHERE id = \(upload.id)
                    """)
                upload.receivedBytes = received
            }
            return upload
        }
    }

    private func complete(_ call: Call, _ request: CompleteUploadRequest) async throws(Problem) -> Upload {
        try SentFile.check(sha256: request.sha256)
        let upload = try await database.transaction(as: call.caller, deadline: call.deadline) { tx in
            try found(request.id, call.caller, tx)
        }
        // Completed before: the same answer.
        if upload.state == Upload.State.complete || upload.state == Upload.State.loaded { return upload }
        guard upload.state == Upload.State.receiving else { throw Self.notReceiving(upload) }
        guard upload.receivedBytes == upload.sizeBytes else {
            let text = Text(
                en: "\(upload.receivedBytes ?? 0) of \(upload.sizeBytes ?? 0) bytes have arrived.",
                ko: """
                    파일 업로드가 끝나지 않았습니다(\(bytes: upload.sizeBytes ?? 0) 중 \
                    \(bytes: upload.receivedBytes ?? 0) 수신). 이어서 업로드하세요.
                    """)
            throw Problem(
                .failedPrecondition, text, reason: "UPLOAD_INCOMPLETE",
                metadata: ["received_bytes": String(upload.receivedBytes ?? 0)])
        }
        let sealed: (size: Int64, sha256: String)
        do {
            sealed = try await files.seal(upload.id)
        } catch {
            throw .internalError(cause: "the file of upload \(upload.id) cannot be read: \(error)")
        }
        let fault = fault(of: upload, sealed, request.sha256)
        let finished = try await finish(call, upload, sealed.sha256, isSound: fault == nil)
        if let fault {
            files.remove(upload.id)
            throw fault
        }
        return finished
    }

    /// What is wrong with a file that has arrived; nil when it can be imported.
    private func fault(of upload: Upload, _ sealed: (size: Int64, sha256: String), _ expected: String) -> Problem? {
        let announced = Set([expected.lowercased(), upload.sha256 ?? ""]).subtracting([""])
        guard sealed.size == upload.sizeBytes, announced.isSubset(of: [sealed.sha256]) else {
            return .invalid(
                field: CompleteUploadRequest.Field.sha256,
                Text(
                    en: "The file that arrived is not the one that was announced. Upload it again.",
                    ko: "업로드된 파일이 원본과 일치하지 않습니다. 다시 업로드하세요."))
        }
        let name = upload.fileName ?? ""
        guard !files.isBinary(upload.id) else {
            return Self.unsupported(
                Text(
                    en: "The file is neither an Excel workbook nor a text file.",
                    ko: "Excel 통합 문서나 텍스트 파일이 아닙니다. .xlsx 또는 .csv 파일을 업로드하세요."))
        }
        do throws(WorkbookError) {
            _ = try files.open(upload.id, name: name)
            return nil
        } catch {
            // Which encoding a text has is told, or asked, when it is imported.
            if error.kind == .encoding { return nil }
            return Self.unsupported(Text(en: error.english, ko: error.korean))
        }
    }

    private func finish(
        _ call: Call, _ upload: Upload, _ sha256: String, isSound: Bool
    ) async throws(Problem) -> Upload {
        let context = database.context(call)
        return try await database.transaction(as: call.caller, deadline: call.deadline) { tx in
            // G-65: the same content sent before for this task is pointed out, not refused; to customers, among what they
            // have sent.
            let isAny = call.caller.kind != .customer
            let rows = try tx.query(
                """
                SELECT id FROM import_validation.upload WHERE import_task = \((upload.importTask ?? "").sqlValue) \
                AND sha256 = \(sha256) AND id <> \(upload.id) AND (\(isAny) OR created_by = \(call.caller.subject)) \
                AND state IN (\(literal: Upload.State.complete), \(literal: Upload.State.loaded)) \
                ORDER BY created_at, id LIMIT 1
                """)
            let earlier = try rows.first?.string(Upload.Field.id)
            return try Store<Upload>(database).change(upload.id, context.asSystem, in: tx) { record in
                guard record.state == Upload.State.receiving else { return }
                record.state = isSound ? Upload.State.complete : Upload.State.failed
                record.sha256 = sha256
                record.duplicateOf = isSound ? earlier : nil
            }
        }
    }

    /// The upload, locked, for a caller who may add to it: whoever began it, or an agent.
    private func found(_ id: String, _ caller: Caller, _ tx: Transaction) throws -> Upload {
        let store = Store<Upload>(database)
        guard let upload = try store.find(id, lock: .update, in: tx) else {
            throw Problem.notFound(Upload.schema.label, id: id)
        }
        guard TaskAccess.isAgent(caller) || upload.createdBy == caller.subject else {
            throw Problem.notFound(Upload.schema.label, id: id)
        }
        _ = try access.uploaded(upload.importTask ?? "", by: caller, in: tx)
        return upload
    }

    private static func notReceiving(_ upload: Upload) -> Problem {
        Problem(
            .failedPrecondition,
            Text(
                en: "The upload is \(upload.state ?? "") and takes no more.",
                ko: "업로드가 ‘\(upload.stateLabel.ko)’ 상태이므로 더 이상 업로드할 수 없습니다."),
            reason: "UPLOAD_CLOSED")
    }

    private static func unsupported(_ text: Text) -> Problem {
        Problem(
            .invalidArgument, text, reason: "UNSUPPORTED_FILE",
            violations: [.init(field: AppendUploadRequest.Field.content, text: text, rule: "G-112")])
    }
}
