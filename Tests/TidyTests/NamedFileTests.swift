import Foundation
import Testing

/// Every file that a page or a comment names is there, and the list of documents has each decision record.
@Suite struct NamedFileTests {
    /// Files that pages speak of and the repository does not have, and why.
    static let elsewhere: [String: String] = [
        "systems.tsv": "an operator writes it",
        "onboarding.md": "a page of the specification, which its own table names",
        "Services/CustomerSuccess/MeetingRoom.swift": "the example of a recipe",
    ]
    /// Endings of the files that people write here.
    private static let endings: Set<Substring> = ["swift", "md", "tsv", "sql", "proto", "yaml", "sh", "py"]

    /// The words of a text that could be paths.
    private static func words(_ text: some StringProtocol) -> [Substring] {
        String(text).split { !($0.isASCII && ($0.isLetter || $0.isNumber) || "._-/+<>*…{}".contains($0)) }
            .map { $0.hasSuffix(".") ? $0.dropLast() : $0 }
    }

    private static func isFile(_ word: Substring) -> Bool {
        let parts = (word.split(separator: "/").last ?? "").split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && endings.contains(parts[1])
    }

    /// The files that the text in backticks of a page names. Patterns (`000n_…`, `<Service>`) name none.
    static func named(inPage text: String) -> [String] {
        var isCode = false
        let prose = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            if line.hasPrefix("```") { isCode.toggle() }
            return !isCode && !line.hasPrefix("```")
        }.joined(separator: "\n")
        let spans = prose.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
        return spans.flatMap(words).filter { word in
            isFile(word) && !word.contains { "<>*…{}".contains($0) } && !word.contains("000n") && !word.hasPrefix("/")
        }.map(String.init)
    }

    /// Where the links of a page lead that stay inside the repository, without the place within the page.
    static func links(in text: String) -> [String] {
        text.components(separatedBy: "](").dropFirst().compactMap { rest in
            let target = rest.prefix { $0 != ")" }
            guard !target.contains("://"), !target.hasPrefix("#"), !target.hasPrefix("mailto:") else { return nil }
            return String(target.prefix { $0 != "#" })
        }
    }

    /// The pages that code and its comments name: `docs/decisions.md`.
    static func pages(inCode text: String) -> Set<String> {
        Set(
            words(text).filter { isFile($0) && $0.hasSuffix(".md") && !$0.contains { "<>*…{}".contains($0) } }
                .compactMap { $0.split(separator: "/").last.map(String.init) })
    }

    private static let paths = Repository.files.map { "/" + $0.path }
    private static let names = Set(Repository.files.compactMap { $0.folders.last.map(String.init) })

    private static func exists(_ name: String) -> Bool { paths.contains { $0.hasSuffix("/" + name) } }

    private static let markdown = Repository.files.filter { $0.path.hasSuffix(".md") }

    @Test func everyFileThatAPageNamesIsThere() {
        let findings = Self.markdown.flatMap { page in
            Self.named(inPage: page.text).filter { !Self.exists($0) && Self.elsewhere[$0] == nil }
                .map { Finding(page.path, "there is no \($0)") }
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func everyLinkOfAPageLeadsSomewhere() {
        let findings = Self.markdown.flatMap { page in
            let folder = Repository.root.appending(path: page.path).deletingLastPathComponent()
            return Self.links(in: page.text).filter { link in
                !FileManager.default.fileExists(atPath: folder.appending(path: link).standardizedFileURL.path)
            }.map { Finding(page.path, "there is no \($0)") }
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func everyPageThatCodeNamesIsThere() {
        let endings = ["swift", "proto", "sql", "py", "sh"]
        let code = Repository.files.filter { file in
            endings.contains { file.path.hasSuffix("." + $0) } && !file.isGenerated
                && !file.path.hasPrefix("Tests/TidyTests/")
        }
        let findings = code.flatMap { file in
            Self.pages(inCode: file.text).subtracting(Self.names).sorted()
                .map { Finding(file.path, "there is no page \($0)") }
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func everyDecisionRecordIsListed() throws {
        let records = Self.markdown.filter { $0.path.hasPrefix("docs/adr/") }
            .compactMap { $0.folders.last.map { "adr/\($0)" } }
        let listed = Self.links(in: try #require(Repository.text("docs/README.md"))).filter { $0.hasPrefix("adr/") }
        #expect(records.count > 20 && listed.sorted() == records.sorted())
    }

    @Test func theCheckCatches() {
        let page = """
            See `Tools/gone.sh` and `a <b>/c.md`, [there](docs/gone.md#part) or [away](https://example.com/a.md), not it.md.
            ```sh
            `Tools/example.sh`
            ```
            Then `Schema/000n_rooms.sql`, `*.swift`, `run.sh --all`.
            """
        #expect(Self.named(inPage: page) == ["Tools/gone.sh", "run.sh"])
        #expect(Self.links(in: page) == ["docs/gone.md"])
        let comment = "/// As docs/gone.md says (beside.md 1.2), see <Name>.md."
        #expect(Self.pages(inCode: comment) == ["gone.md", "beside.md"])
        #expect(!Self.exists("s/gone.sh") && Self.exists("Tests/TidyTests/NamedFileTests.swift"))
    }
}
