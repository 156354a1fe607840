import Foundation
import Hummingbird
import RPC
import Wire

/// Takes a file from a form and hands it on to a service in parts as it comes.
struct FileReceiver {
    /// The size of the parts that services take.
    static let partSize = 512 * 1_024

    /// What is known of a file before it comes.
    struct Announced: Sendable {
        let name: String
        let size: Int64
        /// Whether its sender wants customers to see it: the tick stands before the file (G-121).
        let isShown: Bool
    }

    /// The end to which files are handed on.
    struct Target: Sendable {
        /// Announces a file and answers what it is called from now on.
        let begin: @Sendable (_ file: Announced) async throws(Problem) -> String
        let append: @Sendable (_ id: String, _ offset: Int64, _ content: [UInt8]) async throws(Problem) -> Void
        let complete: @Sendable (_ id: String) async throws(Problem) -> Void
    }

    let visit: Visit
    let contentLength: Int?

    /// Reads the form: the proof that it comes from a page of this browser stands before the file, and the file is the last
    /// of it, so that its size follows from that of the form.
    func receive(_ body: RequestBody, _ contentType: String, _ target: Target) async throws(Problem) {
        guard var form = Multipart(body, contentType: contentType), let contentLength else { throw Multipart.malformed }
        var isOurs = false
        var isShown = false
        var files = 0
        while let head = try await form.next() {
            guard let name = head.fileName else {
                let text = try await form.text()
                switch head.name {
                case "csrf": isOurs = visit.isOurs(text)
                case BeginAttachmentRequest.Field.visibleToCustomer.rawValue: isShown = text == "true"
                default: break
                }
                continue
            }
            guard isOurs else { throw .forged() }
            guard !name.isEmpty else { throw Self.noFile }
            let size = Int64(contentLength - form.position - form.tail)
            try await receive(Announced(name: Self.plain(name), size: size, isShown: isShown), &form, target)
            files += 1
        }
        guard files > 0 else { throw isOurs ? Self.noFile : .forged() }
    }

    private func receive(
        _ file: Announced, _ form: inout Multipart, _ target: Target
    ) async throws(Problem) {
        guard file.size > 0 else { throw Self.noFile }
        let id = try await target.begin(file)
        var offset = 0
        while true {
            let part = try await form.content(upTo: Self.partSize)
            guard !part.isEmpty else { break }
            try await target.append(id, Int64(offset), part)
            offset += part.count
        }
        guard offset == file.size else { throw Self.oneByOne }
        try await target.complete(id)
    }

    /// The name alone: some browsers send a path along.
    private static func plain(_ name: String) -> String {
        String(name.split { $0 == "/" || $0 == "\\" }.last ?? "").filter { !$0.isNewline && $0 != "\0" }
    }

    private static let noFile = Problem(
        .invalidArgument, Text(en: "Choose a file that is not empty.", ko: "비어 있지 않은 파일을 선택하세요."), reason: "NO_FILE")
    private static let oneByOne = Problem(
        .invalidArgument,
        Text(
            en: "Without a script files are sent one by one. Choose one and send it, then the next.",
            ko: "스크립트를 사용할 수 없으면 파일을 하나씩 전송해야 합니다. 하나를 선택해 전송한 후 다음 파일을 전송하세요."),
        reason: "ONE_FILE")
}

/// Gives a file to a browser, part by part as services hand it over.
enum FileSender {
    /// A part of a file, and where the next begins; nil at the end.
    typealias Part = (content: [UInt8], next: Int64?)

    /// The answer that saves what a service has exported, whose further parts `method` reads.
    static func response(
        _ export: Export, by method: Wire.Method<ReadExportRequest, ExportChunk>, _ visit: Visit
    ) -> Response {
        let first = export.first ?? ExportChunk()
        return response(
            name: export.fileName, type: export.contentType, inline: false, size: export.sizeBytes,
            first: (first.content, first.last ? nil : first.nextOffset)
        ) { (offset) async throws(Problem) in
            var next = ReadExportRequest()
            (next.token, next.offset) = (export.token, offset)
            let chunk = try await visit.ask.unhurried(method, next)
            return (chunk.content, chunk.last ? nil : chunk.nextOffset)
        }
    }

    /// The same of a file that comes part by part. The first part is there already.
    static func response(
        name: String, type: String, inline: Bool, size: Int64, first: Part,
        _ read: @escaping @Sendable (Int64) async throws(Problem) -> Part
    ) -> Response {
        let body = ResponseBody(contentLength: Int(size)) { writer in
            var part = first
            while true {
                try await writer.write(ByteBuffer(bytes: part.content))
                guard let next = part.next else { break }
                part = try await read(next)
            }
            try await writer.finish(nil)
        }
        return response(name: name, type: type, inline: inline, body: body)
    }

    /// The answer that saves a file, or shows it where its kind allows that.
    static func response(name: String, type: String, inline: Bool, body: ResponseBody) -> Response {
        let kind = inline ? "inline" : "attachment"
        // Whatever somebody has sent is no page of the workspace; the viewer of a PDF does not run in a sandbox.
        let policy = "default-src 'none'; frame-ancestors 'none'" + (inline ? "" : "; sandbox")
        return Response(
            status: .ok,
            headers: [
                .contentType: type, .contentDisposition: "\(kind); filename*=UTF-8''\(Fields.encoded(name))",
                .cacheControl: "no-store", .contentSecurityPolicy: policy,
            ], body: body)
    }
}
