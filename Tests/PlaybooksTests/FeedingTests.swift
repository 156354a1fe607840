import PlaybooksWire
import Testing
import Wire

@testable import Playbooks

/// Activities that make what starts their own playbook again are found, as far as the definitions tell.
@Suite struct FeedingTests {
    /// A playbook over cases that makes a case; `fields` are the texts of its fields, and `more` another setting.
    private static func yaml(_ trigger: String, _ fields: [String: String], _ more: String = "", key: String = "own")
        -> String
    {
        let said = fields.sorted { $0.key < $1.key }.map { "{field: \($0.key), text: '\($0.value)'}" }
        return """
            key: \(key)
            table: case
            label: {en: \(key), ko: \(key)}
            trigger: {\(trigger)}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
                  - {key: rest, kind: plain, label: {en: Rest, ko: 나머지}}
                  - key: make
                    kind: make
                    label: {en: Make, ko: 생성}
                    creates: {table: case, fields: [\((said + [more].filter { !$0.isEmpty }).joined(separator: ", "))]}
            """
    }

    private static func faults(_ yaml: String, active: [String] = []) throws -> [PlaybookFault] {
        var world = CheckTests.world
        let definitions = world.definitions
        world.active = try active.map { try PlaybookYAML.read($0).playbook.resolved(with: definitions) }
        return try PlaybookCheck.faults(PlaybookYAML.read(yaml).playbook, in: world)
    }

    @Test(arguments: [
        ("event: created", [:], "", true), ("event: created, condition: from_playbook = true", [:], "", true),
        ("event: created, condition: from_playbook = false", [:], "", false),
        ("event: created, condition: NOT from_playbook = true AND type = full", ["type": "full"], "", false),
        ("event: created, condition: type = full", ["type": "full"], "", true),
        ("event: created, condition: type = full", ["type": "phased"], "", false),
        ("event: created, condition: type = full OR title = \"Go\"", ["type": "phased", "title": "Go"], "", true),
        ("event: created, condition: type = full OR title = \"Go\"", ["type": "phased", "title": "Stop"], "", false),
        ("event: created, condition: title = \"Go\"", ["title": "a \"quoted\\ text*"], "", false),
        // What is computed, and what is not said, may be anything.
        ("event: created, condition: type = full", [:], "{field: type, from_field: type}", true),
        ("event: created, condition: title = \"Go\"", [:], "{field: title, expression: 'To {{title}}'}", true),
        ("event: created, condition: go_live_date > 2027-01-01", ["go_live_date": "2026-01-01"], "", true),
        // Making a record does not change it.
        ("event: updated", [:], "", false),
    ]) func whatFeedsItselfIsFound(
        _ trigger: String, _ fields: [String: String], _ more: String, _ isFound: Bool
    ) throws {
        let found = try Self.faults(Self.yaml(trigger, fields, more))
        #expect(
            found.map { [$0.lane, $0.activity, $0.field] } == (isFound ? [["only", "make", "creates"]] : []),
            "\(found)")
        for fault in found { #expect(fault.message?.en.isEmpty == false && fault.message?.ko.isEmpty == false) }
    }

    /// Whoever only makes what starts others is no part of a ring.
    @Test func ringsOfSeveralAreFound() throws {
        func link(_ from: String, _ to: String) -> String {
            Self.yaml("event: created, condition: title = \"\(from)\"", ["title": to], key: "\(from)_\(to)")
        }
        #expect(try Self.faults(link("a", "b")) == [])
        #expect(try Self.faults(link("a", "b"), active: [link("b", "c"), link("c", "d"), link("d", "b")]) == [])
        for active in [[link("b", "a")], [link("b", "c"), link("x", "a"), link("c", "a")]] {
            let found = try Self.faults(link("a", "b"), active: active)
            #expect(found.map(\.field) == ["creates"] && found.map(\.activity) == ["make"], "\(found)")
            let last = active.count == 1 ? "‘b_a’" : "‘c_a’"
            #expect(found.first?.message?.en.contains(last) == true && found.first?.message?.ko.contains(last) == true)
        }
    }
}
