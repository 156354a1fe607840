import Foundation
import PlaybooksWire
import RPC
import Testing
import Wire

@testable import Playbooks

/// Definitions as YAML: what is written is read back, and what is no definition is refused with its place.
@Suite struct YAMLTests {
    static let small = """
        key: small
        table: onboarding_case
        label: {en: Small, ko: 작은 플레이북}
        lanes:
          - key: first
            label: {en: First, ko: 첫째}
            activities:
              - key: one
                kind: plain
                label: {en: One, ko: 하나}
                inputs:
                  - {key: note, type: string, label: {en: Note, ko: 메모}}
        """

    /// The violations of a text that is refused.
    private static func violations(_ yaml: String) -> [Problem.Violation] {
        do throws(Problem) {
            _ = try PlaybookYAML.read(yaml)
            return []
        } catch {
            #expect(error.code == .invalidArgument)
            return error.violations
        }
    }

    @Test func theShippedPlaybookComesBackTheSame() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(
                path: "Services/Onboarding/Playbooks/account_lifecycle_onboarding.yaml")
        let file = try PlaybookYAML.read(String(contentsOf: url, encoding: .utf8))
        #expect(file.key == "account_lifecycle_onboarding")
        #expect(file.playbook.lanes.map(\.activities.count) == [6, 9, 12, 5, 1])
        #expect(try PlaybookYAML.read(PlaybookYAML.write(file)) == file)
    }

    /// Every field, with texts that YAML could take for something else.
    @Test(arguments: [
        "plain", "true", "no", "5", "", " blank ", "a: b", "- a", "# a", "{a}", "[a]", "'", "\"", "\\", "&a", "*a",
        "!a",
        "한국어, 텍스트: ‘인용’", "line\nline\n", "tab\t", "\u{7}\u{85}\u{2028}\u{FEFF}", "😀", "null", "~", "a #b", "=", "-1",
        "|", ">",
    ]) func everyTextComesBackTheSame(_ text: String) throws {
        var file = try PlaybookYAML.read(Self.small)
        file.playbook.trigger = PlaybookTrigger()
        file.playbook.trigger?.condition = text
        file.playbook.lanes[0].activities[0].description = LocalText(Text(en: text, ko: text))
        var input = ActivityInput()
        input.choices = [InputChoice()]
        input.choices[0].value = text
        input.columns = [InputColumn()]
        input.columns[0].mandatory = true
        input.default = text
        file.playbook.lanes[0].activities[0].inputs.append(input)
        file.playbook.lanes[0].activities[0].start = ActivityStart()
        file.playbook.lanes[0].activities[0].start?.after = [text, "b"]
        file.playbook.lanes[0].activities[0].due = ActivityDue()
        file.playbook.lanes[0].activities[0].due?.days = -3
        file.playbook.calendars = [PlaybookCalendar()]
        file.playbook.calendars[0].workingDays = [1, 7]
        #expect(try PlaybookYAML.read(PlaybookYAML.write(file)) == file)
    }

    @Test func whatIsNoFieldIsNamedWithItsPlace() throws {
        let wrong = Self.small.replacing("kind: plain", with: "kynd: plain")
            .replacing("type: string", with: "tipe: string").replacing("table: onboarding_case", with: "tabel: x")
        let found = Self.violations(wrong)
        #expect(found.map(\.field) == ["tabel", "first.one.kynd", "first.one.inputs[0].tipe"])
        #expect(found.allSatisfy { !$0.text.en.isEmpty && $0.text.ko.contains("행") })
        #expect(found[1].text.en.contains("Line 9"))
        #expect(found[1].text.en.hasPrefix("First > One"))
        #expect(found[1].text.ko.hasPrefix("첫째 > 하나"))
    }

    @Test(arguments: [
        ("key: small", "kay: small"), ("kind: plain", "kind: [plain]"), ("key: one", "key: 5"),
        ("{en: One, ko: 하나}", "One"), ("lanes:", "lanes: {}\nlane:"),
        ("kind: plain", "kind: plain\n        optional: 1"),
        ("kind: plain", "kind: plain\n        due: {days: 1.5}"), ("key: small", "key: small\nkey: small"),
        ("{en: One, ko: 하나}", "&a {en: One, ko: 하나}"), ("key: one", "key: !!str one"), ("table:", "table: *a\ntabel:"),
        ("lanes:", "lanes: ["),
    ]) func whatIsNoDefinitionIsRefused(_ old: String, _ new: String) throws {
        #expect(Self.violations(Self.small).isEmpty)
        #expect(!Self.violations(Self.small.replacing(old, with: new)).isEmpty, "\(new)")
    }

    /// Many editors write a byte order mark before a text.
    @Test func aByteOrderMarkIsNoPartOfAText() throws {
        #expect(try PlaybookYAML.read("\u{FEFF}" + Self.small) == PlaybookYAML.read(Self.small))
    }

    @Test(arguments: ["kind: pl\0ain", "kind: plain # \0", "kind: \"pl\0ain\""])
    func nulIsRefusedWithItsLine(_ kind: String) {
        let found = Self.violations("\u{FEFF}" + Self.small.replacing("kind: plain", with: kind))
        #expect(found.map(\.field) == ["yaml"])
        #expect(found.first?.text.en == "Line 9: The text has a NUL character.", "\(found)")
        #expect(found.first?.text.ko.contains("9행") == true)
    }

    /// So is one that is named by its code, in a key as in a value.
    @Test(arguments: [("kind: plain", #"kind: "pl\u0000ain""#), ("kind: plain", #""ki\0nd": plain"#)])
    func nulByItsCodeIsRefusedWithItsLine(_ old: String, _ new: String) {
        let found = Self.violations(Self.small.replacing(old, with: new))
        #expect(found.map(\.text.en) == ["Line 9: The text has a NUL character."], "\(found)")
    }

    /// What is wrong with a text is said in both languages, and where it is.
    @Test(arguments: [
        ("key: small", "key: small\nkey: small", "Line 2: Not valid YAML: the key 'key' is given twice.", "'key' 키"),
        ("kind: plain", "label: {en: One}", "Line 10: Not valid YAML: the key 'label' is given twice.", "'label' 키"),
        ("lanes:", "---\nlanes:", "Line 4: Not valid YAML: there is more than one document.", "문서"),
        ("lanes:", "\tlanes:", "Not valid YAML: a text cannot begin with a tab", "탭"),
        ("table: onboarding_case", "table: a: b", "Line 2: Not valid YAML: a colon cannot stand here.", "콜론"),
        ("table: onboarding_case", "table: \"a", "Not valid YAML: a quotation mark", "따옴표"),
        ("lanes:", "lanes: [", "Not valid YAML: ", "올바른 YAML이 아닙니다"),
    ]) func whatIsNoYAMLIsExplained(_ old: String, _ new: String, _ english: String, _ korean: String) throws {
        let found = Self.violations(Self.small.replacing(old, with: new))
        #expect(found.map(\.field) == ["yaml"])
        let text = try #require(found.first?.text)
        #expect(text.en.contains(english), "\(text.en)")
        #expect(text.ko.contains(korean) && text.ko.contains("행"), "\(text.ko)")
    }

    /// An answer does not repeat the same thousands of times.
    @Test func veryManyFaultsAreCounted() {
        let many = (0..<500).map { "\nunknown\($0): x" }.joined()
        let found = Self.violations(Self.small + many)
        #expect(found.count == 101 && found.last?.text.en == "There are 400 more faults.", "\(found.count)")
    }

    @Test func aTextThatIsTooLargeIsRefused() {
        let large = Self.small + "\n#" + String(repeating: "x", count: PlaybookYAML.maximumBytes)
        #expect(Self.violations(large).first?.field == "yaml")
    }
}
