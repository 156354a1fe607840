import Foundation
import Testing

/// Where an English text says a word of the glossary, the Korean text beside it says the Korean word: what is not among the
/// forms that docs/korean.tsv refuses can be wrong, too.
@Suite struct GlossaryPairTests {
    /// A text in both languages.
    struct Pair {
        let english: String
        let korean: String
        let line: Int
    }

    /// Other words for a term: its short form in running text, and what a verb or another order of words makes of it.
    private static let alsoSaid: [String: [String]] = [
        "Days remaining": ["남은 일수"], "Initiative": ["이니셔티브"], "Objective": ["목표"],
        "Account onboarding case": ["온보딩 케이스"], "Decimal number": ["숫자"], "Enter": ["입력"],
        "Responsibility": ["이 업무"],
    ]

    /// Texts whose Korean leaves a word out, or says it in another way, as a person would.
    private static let exceptions: Set<String> = [
        "Only a success task of a success case can be a solution.", "Previous perceived health",
        "The section {{#}} is not closed, not opened, or within another.",
        "The element <> is not closed, or closed where it is not open.",
        " has no field  to import into.", "Records of this table have no playbooks.", "Expansion opportunity",
        "Success task (success case task / success initiative task)",
        "Account lifecycle task (account onboarding case task)", "Case team member (customer team and account team)",
    ]

    static func pairs(in file: SourceFile) -> [Pair] {
        let pattern = #/\ben:\s*"(?!"")((?:[^"\\]|\\.)*)",?\s*ko:\s*"(?!"")((?:[^"\\]|\\.)*)"/#
        // The inner texts of an interpolation would end the literal.
        let text = KoreanTextTests.withoutInterpolations(file.text)
        return text.matches(of: pattern).map { match in
            Pair(
                english: String(match.1), korean: String(match.2),
                line: text[..<match.range.lowerBound].count { $0 == "\n" } + 1)
        }
    }

    /// A term of the glossary as texts say it.
    struct Word {
        let english: String
        private let expression: NSRegularExpression
        private let korean: [String]

        init(_ term: GlossaryTests.Term) throws {
            let bare = { (text: String) in
                text.replacing(#/ *\(.*\)/#, with: "").trimmingCharacters(in: .whitespaces)
            }
            let english = bare(term.english)
            self.english = english
            expression = try NSRegularExpression(
                pattern: "(?<![\\w-])" + NSRegularExpression.escapedPattern(for: english) + "s?(?![\\w-])",
                options: .caseInsensitive)
            korean = [bare(term.korean)] + (alsoSaid[english] ?? [])
        }

        func places(in text: String) -> [Range<String.Index>] {
            expression.matches(in: text, range: NSRange(text.startIndex..., in: text))
                .compactMap { Range($0.range, in: text) }
        }

        func isSaid(in text: String) -> Bool {
            let text = text.filter { $0 != " " }
            return korean.contains { text.contains($0.filter { $0 != " " }) }
        }
    }

    /// The longest terms first: an *Account onboarding case* is no *Account*.
    static func words() throws -> [Word] {
        try GlossaryTests.terms().map(Word.init).sorted { $0.english.count > $1.english.count }
    }

    static func findings(in file: SourceFile, _ words: [Word]) -> [Finding] {
        pairs(in: file).filter { !exceptions.contains($0.english) }.flatMap { pair -> [Finding] in
            var taken: [Range<String.Index>] = []
            return words.compactMap { word -> Finding? in
                let places = word.places(in: pair.english).filter { place in
                    !taken.contains { $0.lowerBound <= place.lowerBound && place.upperBound <= $0.upperBound }
                }
                taken += places
                guard !places.isEmpty, !word.isSaid(in: pair.korean) else { return nil }
                return Finding(file.path, line: pair.line, "\(word.english) is not said in: \(pair.korean)")
            }
        }
    }

    @Test func whatIsSaidInEnglishIsSaidInKorean() throws {
        let words = try Self.words()
        let files = Repository.files.filter {
            GlossaryTests.isRead($0) && ($0.path.hasSuffix(".swift") || $0.path.hasPrefix("proto/source/"))
        }
        #expect(files.reduce(0) { $0 + Self.pairs(in: $1).count } > 1_000)
        let findings = files.flatMap { Self.findings(in: $0, words) }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func noExceptionIsLeftOver() {
        let said = Set(Repository.files.filter(GlossaryTests.isRead).flatMap { Self.pairs(in: $0).map(\.english) })
        #expect(Self.exceptions.subtracting(said).isEmpty)
    }

    @Test func theCheckCatches() throws {
        let words = try Self.words()
        func count(_ line: String) -> Int { Self.findings(in: SourceFile(path: "a.swift", text: line), words).count }
        #expect(count(#"Text(en: "Select an active engagement.", ko: "활성 계약을 선택하세요.")"#) == 1)
        #expect(count(#"Text(en: "Select an active engagement.", ko: "활성 참여를 선택하세요.")"#) == 0)
        #expect(count("Text(\n    en: \"There is no record.\",\n    ko: \"기록이 없습니다.\")") == 1)
        #expect(count(#"Text(en: "\(field.label) is wrong.", ko: "\(field.label, .topic) 틀렸습니다.")"#) == 0)
        #expect(count(#"label: {en: "Days remaining" ko: "날짜"}"#) == 1)
    }
}
