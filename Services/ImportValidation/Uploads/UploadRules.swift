import Korean
import RPC
import Wire

/// What may be uploaded, and in which order its parts come.
public enum UploadRules {
    /// The largest part of a file in one request.
    public static let chunkLimit = 512 << 10

    /// What is to be done with a chunk.
    public enum Step: Sendable, Equatable {
        /// Write it at its offset; the upload then holds `received` bytes.
        case write(received: Int64)
        /// It is there already: sent again, it changes nothing.
        case repeated
    }

    /// Decides about a chunk of `count` bytes at `offset` for an upload that holds `received` of `size` bytes.
    public static func step(
        offset: Int64, count: Int, received: Int64, size: Int64
    ) throws(Problem) -> Step {
        guard count > 0, count <= chunkLimit else {
            throw .invalid(
                field: "content",
                Text(
                    en: "A chunk holds 1 to \(chunkLimit) bytes.",
                    ko: "파일 조각(청크)의 크기는 1바이트 이상 \(bytes: chunkLimit) 이하여야 합니다."))
        }
        guard offset >= 0, offset <= size, Int64(count) <= size - offset else {
            throw .invalid(
                field: "offset",
                Text(
                    en: "The chunk goes beyond the announced size of \(size) bytes.",
                    ko: "파일 조각(청크)이 등록된 파일 크기(\(bytes: size))를 초과합니다."
                ))
        }
        if offset == received { return .write(received: received + Int64(count)) }
        if offset < received, offset + Int64(count) <= received { return .repeated }
        let text = Text(
            en: "The next chunk begins at byte \(received).", ko: "다음 파일 조각(청크)은 \(grouped: received)바이트 위치에서 시작합니다.")
        throw Problem(
            .failedPrecondition, text, reason: "UPLOAD_OUT_OF_ORDER",
            violations: [.init(field: "offset", text: text)], metadata: ["received_bytes": String(received)])
    }

    /// Refuses a file by its name and announced size, before any of it is sent (G-112).
    public static func check(fileName: String, size: Int64, sha256: String, limit: Int64) throws(Problem) {
        let name = fileName.lowercased()
        guard !fileName.isEmpty, fileName.count <= 255,
            !fileName.contains(where: { $0 == "/" || $0 == "\\" || $0.isNewline })
        else {
            throw .invalid(
                field: "file_name",
                Text(en: "A file name of at most 255 characters.", ko: "파일 이름은 255자 이하여야 하며 '/' 또는 '\\'를 포함할 수 없습니다."))
        }
        guard [".xlsx", ".csv", ".txt", ".tsv"].contains(where: name.hasSuffix) else {
            throw .invalid(
                field: "file_name",
                Text(
                    en:
                        "Only Excel workbooks (.xlsx) and text files with separators (.csv, .tsv, .txt) can be imported.",
                    ko: "Excel 통합 문서(.xlsx)와 구분 기호로 분리된 텍스트 파일(.csv, .tsv, .txt)만 가져올 수 있습니다."), rule: "G-112")
        }
        guard size > 0, size <= limit else {
            throw .invalid(
                field: "size_bytes",
                Text(en: "The file may hold 1 to \(limit) bytes.", ko: "파일 크기는 1바이트 이상 \(bytes: limit) 이하여야 합니다."),
                rule: "G-112")
        }
        try check(sha256: sha256)
    }

    /// Refuses what is not a SHA-256 in hexadecimal; empty is allowed.
    public static func check(sha256: String) throws(Problem) {
        guard sha256.isEmpty || sha256.count == 64 && sha256.allSatisfy(\.isHexDigit) else {
            throw .invalid(field: "sha256", Text(en: "64 hexadecimal digits.", ko: "16진수 64자리여야 합니다."))
        }
    }
}
