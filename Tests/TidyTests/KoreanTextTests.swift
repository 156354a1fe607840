import Testing

/// Whoever reads Korean reads Korean: texts hold no English but names and what has to be typed as it is, which stands in
/// quotes ('grpc-timeout').
@Suite struct KoreanTextTests {
    /// Names and abbreviations that Korean has no other word for.
    static let allowed: Set<Substring> = [
        "NATS", "UUID", "XLSX", "CSV", "TSV", "JSON", "YAML", "UTF", "ID", "Excel", "URL", "SHA", "ALE", "API", "KPI",
        "ISO", "KRW", "NPS", "QBR", "PoC", "KB", "MB", "RFC", "NUL", "Etag", "Windows", "Base", "Service", "Bridge",
        "AM", "CSM", "SLA", "SME", "ServiceNow", "Get", "to", "Green",
        // File endings, languages and values as they are written.
        "csv", "xlsx", "xls", "xlsb", "tsv", "txt", "en", "ko", "true", "false", "TRUE", "FALSE", "YYYY", "MM", "DD",
    ]

    /// The words of English in a Korean text that are neither allowed nor quoted; names of fields and methods are quoted.
    static func foreignWords(_ text: String) -> [Substring] {
        withoutInterpolations(text).replacing(#/'[^']*'/#, with: "").replacing(#/\{\{[^}]*\}\}/#, with: "")
            .split { !($0.isASCII && ($0.isLetter || $0 == "_")) }
            .filter { $0.count > 1 && !allowed.contains($0) }
    }

    /// A literal with `mark` in the place of each `\(…)`, whatever is inside.
    static func withoutInterpolations(_ text: String, mark: String = "") -> String {
        var out = ""
        var depth = 0
        var isEscaped = false
        for character in text {
            if depth > 0 {
                depth += character == "(" ? 1 : character == ")" ? -1 : 0
            } else if isEscaped, character == "(" {
                out.removeLast()
                out += mark
                depth = 1
            } else {
                out.append(character)
            }
            isEscaped = character == "\\"
        }
        return out
    }

    /// The Korean texts of a line: literals that hold Hangul, or the line itself inside a longer literal.
    static func texts(_ line: Substring, _ path: String) -> [String] {
        guard isKorean(line), !line.drop(while: \.isWhitespace).hasPrefix("//") else { return [] }
        if path.hasSuffix(".proto") {
            return line.matches(of: #/ko: *"([^"]*)"/#).map { String($0.output.1) }
        }
        if path.hasSuffix(".yaml") {
            return line.matches(of: #/(?:\bko|-ko|Ko): *('[^']*'|[^,}]+)/#).map {
                String($0.output.1).filter { $0 != "'" }
            }
        }
        // A table has its languages side by side.
        if path.hasSuffix(".tsv") { return line.split(separator: "\t").filter(isKorean).map(String.init) }
        guard path.hasSuffix(".swift") else {
            return [String(line.split(separator: ":", maxSplits: 1).last ?? line)]
        }
        let whole = withoutInterpolations(String(line))
        guard whole.contains("\"") else { return [whole] }
        return whole.matches(of: #/"((?:[^"\\]|\\.)*)"/#).map { String($0.output.1) }.filter { isKorean($0[...]) }
    }

    static func isKorean(_ text: Substring) -> Bool {
        text.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) }
    }

    static func findings(in file: SourceFile) -> [Finding] {
        file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
            var found = texts(line, file.path).flatMap(foreignWords).map {
                Finding(file.path, line: index + 1, "English in a Korean text: \($0)")
            }
            if file.path.hasSuffix(".swift"), let figure = Self.plainFigure(line) {
                found.append(Finding(file.path, line: index + 1, "a figure without its separators: \(figure)"))
            }
            guard line.contains("ko:") else { return found }
            if line.contains(#/\bko: "[^"]*\\\([A-Za-z.]*\.en\b/#) {
                found.append(Finding(file.path, line: index + 1, "the English label in a Korean text"))
            }
            if let literal = line.firstMatch(of: #/\bko: "([^"\\]*)"/#)?.output.1, literal.contains(where: \.isLetter),
                !isKorean(literal),
                literal.split(whereSeparator: { !$0.isLetter }).contains(where: { !allowed.contains($0) })
            {
                found.append(Finding(file.path, line: index + 1, "a Korean text without Korean"))
            }
            return found
        }
    }

    /// A number before the word for what is counted that is put in as it is, instead of `\(grouped: …)`. Names for people
    /// end in `ko`, and what a row remembers of a fault (`detail`) is a text.
    static func plainFigure(_ line: Substring) -> Substring? {
        guard isKorean(line), !line.drop(while: \.isWhitespace).hasPrefix("//") else { return nil }
        let counted = #/\\\(([A-Za-z.]+(?:\([^()]*\))?)\)(?:행|번째|개|건|자(?!리를)|단계|글자|바이트)/#
        return line.matches(of: counted).map(\.output.1).first { !$0.hasSuffix("ko") && $0 != "detail" }
    }

    /// Flows keep their Korean behind keys that end in `ko` or `Ko`.
    static func isRead(_ file: SourceFile) -> Bool {
        ["Shared/", "Services/", "proto/"].contains { file.path.hasPrefix($0) }
            && [".swift", ".proto", ".yaml", ".ko.txt", "strings.tsv"].contains { file.path.hasSuffix($0) }
            && !file.path.hasPrefix("Shared/CProto/") && !file.path.contains("/Generated/")
    }

    @Test func koreanTextsAreKorean() {
        let findings = Repository.files.filter(Self.isRead).flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        func count(_ line: String, _ path: String = "Shared/A/A.swift") -> Int {
            Self.findings(in: SourceFile(path: path, text: line)).count
        }
        #expect(count(#"Text(en: "The state is new.", ko: "상태가 new입니다.")"#) == 1)
        #expect(count(#"Text(en: "The state.", ko: "The state.")"#) == 1)
        #expect(count(#"Text(en: "x", ko: "\(label.en)은(는) 필수입니다.")"#) == 1)
        #expect(count(#"Text(en: "x", ko: "'new' 상태: \(list(a, "new")) UUID.")"#) == 0)
        #expect(count(#"Text(en: "x", ko: "작업(cancel_open_tasks)을 취소하세요.")"#) == 1)
        #expect(count(#"Text(en: "x", ko: "'cancel_open_tasks'를 쓰세요.")"#) == 0)
        #expect(count("    상태가 new입니다. \\") == 1)
        #expect(count(#"label: {en: "Go-live" ko: "Go-live 날짜"}"#, "proto/a.proto") == 2)
        #expect(count(#"label: {en: "Account" ko: "계정"}"#, "proto/a.proto") == 0)
        #expect(count("- {const: a, title: Very high, x-title-ko: 매우 high}", "Services/A/Flows/a.yaml") == 1)
        #expect(count("label: {en: Very high, ko: 매우 high}", "Services/A/Playbooks/a.yaml") == 1)
        #expect(count("    summaryKo: 'PoC, 접점을 만듭니다.'", "Services/A/Flows/a.yaml") == 0)
        #expect(count("home\tTo the first page\t첫 page로", "Services/A/Strings/strings.tsv") == 1)
        #expect(count("home\tTo the first page\t첫 페이지로", "Services/A/Strings/strings.tsv") == 0)
        #expect(count("Subject: 플레이 ‘{{title}}’ completed", "Services/A/Templates/a.ko.txt") == 1)
        #expect(count("/// 한국어 comment with English") == 0)
        #expect(count(#"Text(en: "Row \(row) is empty.", ko: "\(row)행이 비어 있습니다.")"#) == 1)
        #expect(count(#"ko: "파일의 \(detail(0))행과 같은 레코드입니다.""#) == 1)
        #expect(count(#"ko: "\(grouped: row)행이 비어 있습니다. \(label.ko)개.""#) == 0)
    }
}
