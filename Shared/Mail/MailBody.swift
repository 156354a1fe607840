import Foundation

/// Transfer encodings of bodies: every line at most 76 characters (RFC 2045), so that no server has to break any.
enum MailBody {
    /// A text with its headers: quoted-printable when most of it is ASCII, else base64.
    static func part(_ text: String, type: String) -> String {
        let normalized = lines(text)
        let bytes = Array(normalized.utf8)
        let others = bytes.count { $0 >= 0x80 }
        let isMostlyPlain = others * 6 < bytes.count || others == 0
        return "Content-Type: \(type); charset=utf-8\r\n"
            + "Content-Transfer-Encoding: \(isMostlyPlain ? "quoted-printable" : "base64")\r\n\r\n"
            + (isMostlyPlain ? quotedPrintable(bytes) : base64(bytes)) + "\r\n"
    }

    /// The text with every line break as CRLF.
    static func lines(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        var wasReturn = false
        for scalar in text.unicodeScalars {
            if scalar == "\n", wasReturn {
                wasReturn = false
                continue
            }
            wasReturn = scalar == "\r"
            if scalar == "\r" || scalar == "\n" {
                out.append(contentsOf: "\r\n".unicodeScalars)
            } else {
                out.append(scalar)
            }
        }
        return String(out)
    }

    static func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
    }

    static func quotedPrintable(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 8)
        var column = 0
        func put(_ characters: [UInt8]) {
            if column + characters.count > 75 {
                out += Array("=\r\n".utf8)
                column = 0
            }
            out += characters
            column += characters.count
        }
        let digits = Array("0123456789ABCDEF".utf8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let isBreak = byte == 0x0D && index + 1 < bytes.count && bytes[index + 1] == 0x0A
            if isBreak {
                out += [0x0D, 0x0A]
                column = 0
                index += 2
                continue
            }
            let endsLine = index + 1 >= bytes.count || bytes[index + 1] == 0x0D
            let isBlank = byte == 0x20 || byte == 0x09
            if (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=") || isBlank && !endsLine {
                put([byte])
            } else {
                put([UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
            index += 1
        }
        return String(decoding: out, as: UTF8.self)
    }
}
