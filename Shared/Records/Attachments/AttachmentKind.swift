/// What an attached file is, told by its content: what its name says, or who sent it, is not believed.
public enum AttachmentKind: String, Sendable, CaseIterable {
    case pdf, png, jpeg, gif, webp
    case xlsx, docx, pptx, zip
    case text, html, svg, xml
    /// Anything else.
    case binary

    /// What the content is served as: never as something that a browser runs or guesses about.
    public var contentType: String {
        switch self {
        case .pdf: "application/pdf"
        case .png: "image/png"
        case .jpeg: "image/jpeg"
        case .gif: "image/gif"
        case .webp: "image/webp"
        case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case .docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        case .pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        case .zip: "application/zip"
        case .text: "text/plain"
        case .html, .svg, .xml, .binary: "application/octet-stream"
        }
    }

    /// Whether a page may show it; the others may only be saved.
    public var isShown: Bool {
        switch self {
        case .pdf, .png, .jpeg, .gif, .webp: true
        case .xlsx, .docx, .pptx, .zip, .text, .html, .svg, .xml, .binary: false
        }
    }

    /// How many bytes of a file are looked at, from its start and from its end.
    static let lookedAt = 64 << 10

    /// The kind of a file of which the first and the last bytes are known.
    init(start: [UInt8], end: [UInt8]) {
        self = Self.signed(start) ?? Self.packed(start, end) ?? Self.written(start)
    }

    /// Formats that begin with a mark of their own.
    private static func signed(_ start: [UInt8]) -> AttachmentKind? {
        if start.starts(with: "%PDF-".utf8) { return .pdf }
        if start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if start.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if start.starts(with: "GIF87a".utf8) || start.starts(with: "GIF89a".utf8) { return .gif }
        if start.starts(with: "RIFF".utf8), start.dropFirst(8).starts(with: "WEBP".utf8) { return .webp }
        return nil
    }

    /// A container, by the names in the directory at its end.
    private static func packed(_ start: [UInt8], _ end: [UInt8]) -> AttachmentKind? {
        guard start.starts(with: [0x50, 0x4B, 0x03, 0x04]) || start.starts(with: [0x50, 0x4B, 0x05, 0x06]) else {
            return nil
        }
        let names = String(decoding: end, as: UTF8.self)
        let parts: [(String, AttachmentKind)] = [
            ("xl/workbook", .xlsx), ("word/document", .docx), ("ppt/presentation", .pptx),
        ]
        return parts.first { names.contains($0.0) }?.1 ?? .zip
    }

    /// Text, which is markup when any of it could be taken for that.
    private static func written(_ start: [UInt8]) -> AttachmentKind {
        let isWide = start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF])
        // A wide character of markup is its narrow one beside a zero.
        let bytes = isWide ? start.dropFirst(2).filter { $0 != 0 } : start
        guard isWide || !bytes.contains(where: { $0 < 9 || $0 > 13 && $0 < 32 && $0 != 27 }) else { return .binary }
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        if text.contains("<svg") { return .svg }
        if ["<!doctype html", "<html", "<head", "<body", "<script", "<iframe"].contains(where: text.contains) {
            return .html
        }
        guard text.first(where: { !$0.isWhitespace && $0 != "\u{FEFF}" }) == "<" else { return .text }
        return text.contains("<?xml") ? .xml : .html
    }
}
