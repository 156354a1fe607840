import Korean

/// Why a file cannot be read or written, with texts fit for the person who sent it.
public struct WorkbookError: Error, Sendable, Hashable {
    /// The kinds of error.
    public enum Kind: String, Sendable, CaseIterable {
        /// The file is absent or the operating system refuses it.
        case unreadable
        /// Not a workbook: not a zip container.
        case notAWorkbook = "not_a_workbook"
        /// A workbook of Excel 97–2003 (.xls) or another old Office file.
        case legacy
        /// Protected by a password.
        case encrypted
        /// Cut off or damaged.
        case damaged
        /// Against the rules of the format.
        case malformed
        /// A bound of `WorkbookLimits` is passed.
        case tooLarge = "too_large"
        /// There is no such sheet, or none at all.
        case noSheet = "no_sheet"
        /// The encoding of the text is not one that is read.
        case encoding
        /// Writing failed.
        case unwritable
    }

    /// What happened.
    public let kind: Kind
    /// Where: a cell such as `C12`, a row or a part of the container; nil when it concerns the whole file.
    public let place: String?
    /// In English, the place included.
    public let english: String
    /// In Korean, the place included.
    public let korean: String

    init(_ kind: Kind, at place: String? = nil, _ english: String, _ korean: String) {
        self.kind = kind
        self.place = place
        self.english = place.map { "\($0): \(english)" } ?? english
        self.korean = place.map { "\(Self.korean(place: $0)): \(korean)" } ?? korean
    }

    /// `row 12` as `12행`; cells and parts of the container are named alike in both languages.
    private static func korean(place: String) -> String {
        place.hasPrefix("row ") ? Int(place.dropFirst(4)).map { "\(grouped: $0)행" } ?? place : place
    }

    static func limit(_ what: String, _ whatKorean: String, _ limit: some BinaryInteger, at place: String? = nil)
        -> Self
    {
        Self(.tooLarge, at: place, "more than \(limit) \(what)", "\(whatKorean) 한도(\(grouped: limit))를 초과했습니다.")
    }

    /// A limit that is a number of bytes.
    static func size(_ what: String, _ whatKorean: String, _ limit: some BinaryInteger, at place: String? = nil) -> Self
    {
        Self(.tooLarge, at: place, "more than \(limit) \(what)", "\(whatKorean) 한도(\(bytes: limit))를 초과했습니다.")
    }

    static func malformed(_ english: String, _ korean: String, at place: String? = nil) -> Self {
        Self(.malformed, at: place, english, "올바른 파일 형식이 아닙니다(\(korean)).")
    }

    static func damaged(at place: String? = nil) -> Self {
        Self(
            .damaged, at: place, "the file is cut off or damaged; save it anew and send it again",
            "파일이 잘렸거나 손상되었습니다. 다시 저장하여 업로드하세요.")
    }

    static let notAWorkbook = Self(
        .notAWorkbook,
        "the file is not an Excel workbook; open it in a spreadsheet program and save it as .xlsx or CSV",
        "Excel 통합 문서가 아닙니다. 스프레드시트 프로그램에서 열어 .xlsx 또는 CSV로 저장하세요.")

    /// A file of quite another type, such as a PDF.
    static func otherType(_ name: String) -> Self {
        Self(
            .notAWorkbook, "the file is \(name), not a table; save the table as .xlsx or CSV",
            "표가 아니라 다른 형식(\(name))의 파일입니다. 표를 .xlsx 또는 CSV로 저장하세요.")
    }
}
