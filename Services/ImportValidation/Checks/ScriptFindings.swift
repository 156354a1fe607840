import ImportValidationWire
import Sandbox
import Wire

/// What is to be said of a script, each at its place: what the engine says, and columns that the staging table does not have,
/// which read as nothing in every row (G-62).
enum ScriptFindings {
    private static let most = 50
    /// A dot between two words is no part of either.
    private static var column: Regex<Substring> {
        #/\bu_[A-Za-z0-9_]+/#.wordBoundaryKind(.simple)
    }

    /// What the engine says of a script that cannot be used, or that failed on a row. It names the line; the column is that of
    /// the word that it quotes.
    static func said(_ reason: String, line: Int?, _ source: String) -> ScriptFinding {
        var finding = ScriptFinding()
        (finding.severity, finding.message) = ("error", reason)
        guard let line, line > 0 else { return finding }
        finding.line = Int32(clamping: line)
        let lines = lines(source)
        let quoted = reason.split(separator: "'", omittingEmptySubsequences: false)
        guard line <= lines.count, quoted.count > 2,
            let place = lines[line - 1].firstRange(of: quoted[1])?.lowerBound
        else { return finding }
        finding.column = Self.place(of: place, in: lines[line - 1])
        return finding
    }

    /// The same for an exception, which ends with its line: `… (line 3)`.
    static func said(_ exception: String, _ source: String) -> ScriptFinding {
        guard let match = exception.firstMatch(of: #/^(.*) \(line ([0-9]+)\)$/#) else {
            return said(exception, line: nil, source)
        }
        return said(String(match.output.1), line: Int(match.output.2), source)
    }

    /// A message that a script gives is the same in every language; the check can have one in each.
    static func inOneLanguage(_ language: String) -> ScriptFinding {
        var finding = ScriptFinding()
        finding.severity = "warning"
        finding.message =
            Text(
                en:
                    "Everybody reads this message as the script gives it. Fill in Message and Message (Korean), and let the script give none, to say it in both languages.",
                ko: "스크립트의 메시지는 모든 언어에서 그대로 표시됩니다. 두 언어로 표시하려면 ‘메시지’와 ‘메시지(한국어)’를 입력하고 스크립트에서는 메시지를 비워 두세요."
            )(language)
        return finding
    }

    /// Columns that a script names and the staging table does not have, outside of comments.
    static func unknownColumns(_ source: String, _ target: ImportTarget, _ language: String) -> [ScriptFinding] {
        var findings: [ScriptFinding] = []
        let column = Self.column
        for (number, line) in uncommented(source).enumerated() {
            for match in line.matches(of: column) where findings.count < most {
                let name = String(match.output)
                guard target.position(of: name) == nil else { continue }
                var finding = ScriptFinding()
                finding.line = Int32(clamping: number + 1)
                finding.column = place(of: match.range.lowerBound, in: line)
                finding.severity = "warning"
                finding.message =
                    Text(
                        en: "The staging table has no column \(name): it reads as empty in every row.",
                        ko: "스테이징 테이블에 '\(name)' 열이 없어 모든 행에서 빈 값으로 읽힙니다.")(language)
                findings.append(finding)
            }
        }
        return findings
    }

    private static func place(of place: String.Index, in line: Substring) -> Int32 {
        Int32(clamping: line.unicodeScalars.distance(from: line.startIndex, to: place) + 1)
    }

    /// The lines of a script with blanks in the place of its comments, so that places stay what they are.
    private static func uncommented(_ source: String) -> [Substring] {
        enum Place: Equatable {
            case code, line, block
            case text(Unicode.Scalar)
        }
        var (place, before): (Place, Unicode.Scalar) = (.code, " ")
        var out = String.UnicodeScalarView()
        for scalar in source.unicodeScalars {
            switch place {
            case .code:
                if before == "/", scalar == "/" || scalar == "*" {
                    out.removeLast()
                    out.append(" ")
                    place = scalar == "/" ? .line : .block
                } else if scalar == "'" || scalar == "\"" {
                    place = .text(scalar)
                }
            case .line: if scalar == "\n" { place = .code }
            case .block: if before == "*", scalar == "/" { place = .code }
            case .text(let quote): if scalar == quote && before != "\\" || scalar == "\n" { place = .code }
            }
            let isComment = place == .line || place == .block || before == "*" && scalar == "/" && place == .code
            out.append(isComment && scalar != "\n" ? " " : scalar)
            before = scalar
        }
        return lines(String(out))
    }

    /// The lines of a text, whatever a browser does to their ends.
    private static func lines(_ text: String) -> [Substring] {
        text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
    }
}
