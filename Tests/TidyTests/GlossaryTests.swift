import Foundation
import Testing

/// docs/korean.tsv has one Korean word for one thing, with the forms that are not used for it. Every Korean text that
/// people read keeps to it: of Swift, protos, flows, templates of mails and migrations.
@Suite struct GlossaryTests {
    /// A line of the glossary.
    struct Term {
        let english: String
        let korean: String
        /// Forms that are not used, as a regular expression.
        let never: String
        /// The same, read.
        let expression: NSRegularExpression

        init?(_ line: Substring) throws {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard cells.count == 4, !cells[0].isEmpty, !cells[1].isEmpty, !cells[2].isEmpty else { return nil }
            english = String(cells[0])
            korean = String(cells[1])
            never = String(cells[2])
            expression = try NSRegularExpression(pattern: never)
        }

        /// The form of a text that should be another.
        func misuse(in text: String) -> String? {
            let whole = NSRange(text.startIndex..., in: text)
            return expression.firstMatch(in: text, range: whole).flatMap { Range($0.range, in: text) }
                .map { String(text[$0]) }
        }
    }

    static let path = "docs/korean.tsv"

    /// A particle whose form was not chosen.
    static let doubles = ["은(는)", "는(은)", "이(가)", "가(이)", "을(를)", "를(을)", "(으)로", "과(와)", "와(과)", "(이)나"]

    /// A particle right behind a value, whose form would have to be chosen by it.
    static func bareParticles(_ line: Substring, _ path: String) -> [String] {
        guard path.hasSuffix(".swift"), KoreanTextTests.isKorean(line) else { return [] }
        return KoreanTextTests.withoutInterpolations(String(line), mark: "\u{FFFC}")
            .matches(of: #/\x{FFFC}(은|는|이|가|을|를|과|와|으로|로)(?=[ .,’"]|$)/#).map { String($0.1) }
    }

    static func terms() throws -> [Term] {
        let lines = try #require(Repository.text(path)).split(separator: "\n").dropFirst()
        return try lines.map { line in try #require(try Term(line), "\(path): \(line)") }
    }

    /// Files with texts for people. What writes both forms when nobody knows is left out.
    static func isRead(_ file: SourceFile) -> Bool {
        let others = [".html", ".sql", ".tsv"]
        return KoreanTextTests.isRead(file)
            && !file.path.hasPrefix("Shared/Korean/")
            || file.path.hasPrefix("Services/") && others.contains { file.path.hasSuffix($0) }
    }

    static func findings(in file: SourceFile, _ terms: [Term]) -> [Finding] {
        file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
            bareParticles(line, file.path).map {
                Finding(file.path, line: index + 1, "\($0) behind a value: let Josa choose the particle")
            }
                + KoreanTextTests.texts(line, file.path).flatMap { text in
                    let misused = terms.compactMap { term in
                        term.misuse(in: text).map { "\($0): \(term.korean) is the word (\(term.english))" }
                    }
                    let particles = doubles.filter(text.contains).map { "\($0): let Josa choose the particle" }
                    let quotes = text.contains("\\\"") ? ["\": ‘…’ stands around labels and values"] : []
                    return (misused + particles + quotes).map { Finding(file.path, line: index + 1, $0) }
                }
        }
    }

    @Test func textsKeepToTheGlossary() throws {
        let terms = try Self.terms()
        let findings = Repository.files.filter(Self.isRead).flatMap { Self.findings(in: $0, terms) }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theGlossaryAgreesWithItself() throws {
        let terms = try Self.terms()
        #expect(terms.count >= 79)
        #expect(Set(terms.map(\.english)).count == terms.count)
        for term in terms {
            for other in terms {
                #expect(other.misuse(in: term.korean) == nil, "\(other.english) refuses the word for \(term.english)")
            }
        }
    }

    @Test func theCheckCatches() throws {
        let terms = try Self.terms()
        func count(_ line: String, _ path: String = "Shared/A/A.swift") -> Int {
            Self.findings(in: SourceFile(path: path, text: line), terms).count
        }
        #expect(count(#"Text(en: "x", ko: "이 책임을 맡고 있습니다.")"#) == 1)
        #expect(count(#"Text(en: "x", ko: "책임자를 지정하세요.")"#) == 0)
        #expect(count(#"Text(en: "x", ko: "\(label.ko)은(는) 필수입니다.")"#) == 1)
        #expect(count(#"Text(en: "x", ko: "\(label.ko, .topic) 필수입니다.")"#) == 0)
        #expect(count(#"Text(en: "x", ko: "\(title)을 지정하세요.")"#) == 1)
        #expect(count(#"Text(en: "x", ko: "한도(\(limit))를 초과했습니다.")"#) == 0)
        #expect(count(#"Text(en: "x", ko: "\"\(title)\" 플레이")"#) == 1)
        #expect(count("    계획된 시작은 필수입니다. \\") == 1)
        #expect(count(#"label: {en: "Watch list" ko: "감시 목록"}"#, "proto/a.proto") == 1)
        #expect(count("              x-title-ko: 짧은 설명", "Services/A/Flows/a.yaml") == 1)
        #expect(count("<p>이 레코드의 관찰 목록</p>", "Services/A/Templates/a.ko.html") == 1)
        #expect(count("go\tGo-live date\t운영 개시일", "Services/A/Strings/strings.tsv") == 0)
        #expect(count("go\tGo-live date\t운영개시 날짜", "Services/A/Strings/strings.tsv") == 1)
        #expect(count("INSERT INTO a VALUES ('계정 관리자');", "Services/A/Schema/a.sql") == 1)
        #expect(count("비활성화하세요. 활성 상태", "Services/A/Templates/a.ko.txt") == 0)
    }

    /// Whether a file is among those with texts for people.
    @Test(arguments: [
        ("Services/PlayLauncher/Flows/a.yaml", true), ("Services/Notifier/Templates/a.ko.html", true),
        ("Services/Onboarding/Schema/0001_a.sql", true), ("Services/A/rules.tsv", true), ("proto/a.proto", true),
        ("Shared/Wire/Text.swift", true),
        ("Shared/Wire/Generated/a.swift", false), ("Tests/WireTests/a.swift", false), ("docs/korean.tsv", false),
    ])
    func textsForPeopleAreRead(path: String, isRead: Bool) {
        #expect(Self.isRead(SourceFile(path: path, text: "")) == isRead)
    }
}
