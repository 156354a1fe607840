import ImportValidationWire
import Korean
import RPC
import Records
import Wire

/// What may be uploaded, and in which order its parts come.
public enum UploadRules {
    /// Decides about a chunk of `count` bytes at `offset` for an upload that holds `received` of `size` bytes.
    public static func step(
        offset: Int64, count: Int, received: Int64, size: Int64
    ) throws(Problem) -> SentFile.Step {
        try SentFile.step(offset: offset, count: count, received: received, size: size)
    }

    /// Refuses a file by its name and announced size, before any of it is sent (G-112).
    public static func check(fileName: String, size: Int64, sha256: String, limit: Int64) throws(Problem) {
        let name = fileName.lowercased()
        try SentFile.check(name: fileName)
        guard [".xlsx", ".csv", ".txt", ".tsv"].contains(where: name.hasSuffix) else {
            throw .invalid(
                field: BeginUploadRequest.Field.fileName,
                Text(
                    en:
                        "Only Excel workbooks (.xlsx) and text files with separators (.csv, .tsv, .txt) can be imported.",
                    ko: "Excel 통합 문서(.xlsx)와 구분 기호로 분리된 텍스트 파일(.csv, .tsv, .txt)만 가져올 수 있습니다."), rule: "G-112")
        }
        guard size > 0, size <= limit else {
            throw .invalid(
                field: BeginUploadRequest.Field.sizeBytes,
                Text(en: "The file may hold 1 to \(limit) bytes.", ko: "파일 크기는 1바이트 이상 \(bytes: limit) 이하여야 합니다."),
                rule: "G-112")
        }
        try SentFile.check(sha256: sha256)
    }
}
