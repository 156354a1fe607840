/// The encodings a text file may have (G-112, G-127). UTF-8, UTF-16 and Windows-1252 are told by their bytes; the others
/// are read when the person names them.
public enum TextEncoding: String, Sendable, CaseIterable {
    case utf8 = "UTF-8"
    case utf16LittleEndian = "UTF-16LE"
    case utf16BigEndian = "UTF-16BE"
    case windows1252 = "Windows-1252"
    case cp949 = "CP949"
    case shiftJIS = "Shift_JIS"
    case gb18030 = "GB18030"
    case big5 = "Big5"
    case windows1251 = "Windows-1251"
    case koi8r = "KOI8-R"
    case windows1250 = "Windows-1250"
    case windows1253 = "Windows-1253"
    case windows1254 = "Windows-1254"
    case windows1255 = "Windows-1255"
    case windows1256 = "Windows-1256"
    case windows1257 = "Windows-1257"
    case windows1258 = "Windows-1258"
    case macintosh = "Macintosh"

    /// The encoding a person has named: case, hyphens and the like do not count, and the usual other names are known.
    public init?(named name: String) {
        let key = Self.key(name)
        guard let found = Self.allCases.first(where: { Self.key($0.rawValue) == key }) ?? Self.otherNames[key] else {
            return nil
        }
        self = found
    }

    private static func key(_ name: String) -> String {
        String(name.lowercased().unicodeScalars.filter { ("a"..."z").contains($0) || ("0"..."9").contains($0) })
    }

    private static let otherNames: [String: TextEncoding] = {
        var names: [String: TextEncoding] = [
            "uhc": .cp949, "ms949": .cp949, "euckr": .cp949, "ksc5601": .cp949, "windows949": .cp949,
            "sjis": .shiftJIS, "cp932": .shiftJIS, "ms932": .shiftJIS, "windows31j": .shiftJIS, "windows932": .shiftJIS,
            "gbk": .gb18030, "gb2312": .gb18030, "cp936": .gb18030, "windows936": .gb18030,
            "cp950": .big5, "windows950": .big5, "utf16": .utf16LittleEndian, "macroman": .macintosh, "mac": .macintosh,
        ]
        for encoding in allCases where encoding.rawValue.hasPrefix("Windows-") {
            names["cp" + encoding.rawValue.dropFirst(8)] = encoding
        }
        return names
    }()

    /// What iconv calls it: the code page as Windows has it, where there is a choice.
    var iconvName: String {
        switch self {
        case .shiftJIS: "CP932"
        case .big5: "CP950"
        case .macintosh: "MACINTOSH"
        default: rawValue.hasPrefix("Windows-") ? "CP" + rawValue.dropFirst(8) : rawValue
        }
    }

    /// The code pages that bytes which are not UTF-8 may be of, the most common first.
    static let codePages: [TextEncoding] = [
        .cp949, .shiftJIS, .gb18030, .big5, .windows1252, .windows1251, .koi8r, .windows1250, .windows1253,
        .windows1254, .windows1255, .windows1256, .windows1257, .windows1258, .macintosh,
    ]

    /// Whether a character may take two bytes or more.
    var isMultibyte: Bool { [.cp949, .shiftJIS, .gb18030, .big5].contains(self) }
}
