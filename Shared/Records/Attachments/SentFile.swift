import Korean
import RPC
import Wire

/// A file that is sent in parts: what is asked of its name and fingerprint, and in which order its parts come.
public enum SentFile {
    /// The largest part of a file in one request, in bytes.
    public static let partLimit = 512 << 10

    /// What is to be done with a part.
    public enum Step: Sendable, Equatable {
        /// Write it at its offset; the file then holds `received` bytes.
        case write(received: Int64)
        /// It is there already: sent again, it changes nothing.
        case repeated
    }

    /// Decides about a part of `count` bytes at `offset` for a file that holds `received` of `size` bytes.
    public static func step(
        offset: Int64, count: Int, received: Int64, size: Int64
    ) throws(Problem) -> Step {
        guard count > 0, count <= partLimit else {
            throw .invalid(
                field: AppendAttachmentRequest.Field.content,
                Text(
                    en: "A chunk holds 1 to \(partLimit) bytes.",
                    ko: "파일 조각(청크)의 크기는 1바이트 이상 \(bytes: partLimit) 이하여야 합니다."))
        }
        guard offset >= 0 else {
            throw .invalid(
                field: AppendAttachmentRequest.Field.offset,
                Text(en: "A chunk begins at byte 0 or behind it.", ko: "파일 조각(청크)의 시작 위치는 0 이상이어야 합니다."))
        }
        guard offset <= size, Int64(count) <= size - offset else {
            throw .invalid(
                field: AppendAttachmentRequest.Field.offset,
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
            violations: [.init(field: AppendAttachmentRequest.Field.offset, text: text)],
            metadata: ["received_bytes": String(received)])
    }

    /// Refuses a name of no characters or too many, or with ones that hide what a name says or lead into folders, of
    /// which it names the first.
    public static func check(name: String) throws(Problem) {
        guard !name.isBlank, name.count <= 255 else {
            throw .invalid(
                field: BeginAttachmentRequest.Field.fileName,
                Text(en: "A file name has 1 to 255 characters.", ko: "파일 이름은 1자 이상 255자 이하여야 합니다."))
        }
        guard let wrong = name.unicodeScalars.first(where: isMisleading) else { return }
        let digits = String(wrong.value, radix: 16, uppercase: true)
        let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        let shown = wrong == "/" || wrong == "\\" ? "'\(wrong)' (\(code))" : code
        throw .invalid(
            field: BeginAttachmentRequest.Field.fileName,
            Text(
                en: "A file name must not hold the character \(shown).", ko: "파일 이름에는 \(shown) 문자를 사용할 수 없습니다."))
    }

    /// Refuses what is not a SHA-256 in hexadecimal; empty is allowed.
    public static func check(sha256: String) throws(Problem) {
        guard sha256.isEmpty || sha256.count == 64 && sha256.allSatisfy(\.isHexDigit) else {
            throw .invalid(
                field: BeginAttachmentRequest.Field.sha256, Text(en: "64 hexadecimal digits.", ko: "16진수 64자리여야 합니다."))
        }
    }

    /// Separators of folders, control characters, ends of lines, and marks that turn the direction of writing around.
    private static func isMisleading(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "/" || scalar == "\\" || scalar.properties.generalCategory == .control
            || scalar.properties.generalCategory == .lineSeparator
            || scalar.properties.generalCategory == .paragraphSeparator
            || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}
