import Foundation
import PlaybooksWire
import Testing
import Wire

@testable import Playbooks

/// Each field of a playbook that there is, as its proto file says: none of them changes unseen.
@Suite struct WholeDifferenceTests {
    /// A playbook in which every field of every message is set, to one of two values.
    private static func whole(_ one: Bool) throws -> Playbook {
        func pick(_ first: String, _ second: String) -> String { one ? first : second }
        func text(_ name: String) -> String { #"{"en":"\#(name) \#(one)","ko":"이름 \#(one)"}"# }
        let value = pick("1", "2")
        let column =
            #"{"key":"k","label":\#(text("K")),"type":"t\#(value)","mandatory":true,"reference":"r\#(value)","referenceFilter":"f\#(value)"}"#
        let input = #"""
            {"key":"i","label":\#(text("I")),"field":"f\#(value)","type":"t\#(value)","mandatory":true,"choices":[{"value":"v",
            "label":\#(text("V"))},{"value":"w\#(value)"}],"reference":"r\#(value)","referenceFilter":"f\#(value)",
            "default":"d\#(value)","columns":[\#(column)]}
            """#
        let setting = #"""
            {"field":"f","text":"t\#(value)","localized":\#(text("L")),"fromField":"f\#(value)","expression":"e\#(value)"}
            """#
        let activity = #"""
            {"key":"a","label":\#(text("A")),"description":\#(text("D")),"kind":"k\#(value)","start":{"when":"w\#(value)",
            "after":["b\#(value)"],"condition":"c\#(value)"},"optional":true,"switchedOff":true,"inputs":[\#(input)],
            "creates":{"table":"t\#(value)","fields":[\#(setting)],"closedCondition":"c\#(value)","canceledCondition":"c\#(value)",
            "responsibility":"r\#(value)"},"due":{"days":\#(value),"from":"f\#(value)","field":"f\#(value)","workingDays":true,
            "calendar":"c\#(value)"},"assignee":{"user":"u\#(value)","responsibility":"r\#(value)","fromField":"f\#(value)"},
            "builtIn":"b\#(value)"}
            """#
        return try Playbook.decode(
            json: #"""
                {"table":"t\#(value)","label":\#(text("P")),"description":\#(text("D")),"trigger":{"event":"e\#(value)",
                "condition":"c\#(value)"},"lanes":[{"key":"l","label":\#(text("L")),"description":\#(text("D")),
                "activities":[\#(activity)]}],"calendars":[{"key":"c","workingDays":[\#(value)],"holidays":["2026-01-0\#(value)"]}]}
                """#)
    }

    /// What may be changed by itself: lists of lanes and activities are told by their own.
    private static let structure = ["lanes", "activities", "key"]

    /// The names of all fields of the messages that a playbook is made of, as JSON has them.
    private static func names() throws -> Set<String> {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let source = try String(
            contentsOf: root.appending(path: "proto/source/ale/playbooks/v1/definitions.proto"), encoding: .utf8)
        var (names, isInside): (Set<String>, Bool) = ([], false)
        for line in source.split(separator: "\n") {
            if line.hasPrefix("message ") {
                // What is stored beside the playbook comes behind it.
                if line.contains("PlaybookDefinition ") { break }
                isInside = true
            }
            guard isInside, !line.hasPrefix("message "),
                let match = line.firstMatch(of: /^  (?:repeated |optional )?\w+ (\w+) = \d+/)
            else { continue }
            let parts = match.output.1.split(separator: "_")
            names.insert(parts.dropFirst().reduce(String(parts[0])) { $0 + $1.capitalized })
        }
        return names
    }

    private static func leaves(_ playbook: Playbook) throws -> [String: String] {
        var (lane, activity) = (PlaybookLane(), PlannedActivity())
        var top = playbook
        top.lanes = []
        if let known = playbook.lanes.first { lane = known }
        if let known = lane.activities.first { activity = known }
        lane.activities = []
        var all: [String: String] = [:]
        for (prefix, fields) in [
            ("", try MessageFields(of: top)), ("l|", try MessageFields(of: lane)),
            ("l|a|", try MessageFields(of: activity)),
        ] {
            for (path, text) in fields.leaves { all[prefix + path] = text }
        }
        return all
    }

    private static func playbook(_ leaves: [String: String]) throws -> Playbook {
        func fields(_ depth: Int, _ prefix: String) throws -> String {
            var fields = try MessageFields(of: Playbook())
            fields.leaves = [:]
            for (path, text) in leaves where path.count(where: { $0 == "|" }) == depth {
                fields.leaves[String(path.dropFirst(prefix.count))] = text
            }
            return try fields.json
        }
        var playbook = try Playbook.decode(json: fields(0, ""))
        var lane = try PlaybookLane.decode(json: fields(1, "l|"))
        lane.activities = [try PlannedActivity.decode(json: fields(2, "l|a|"))]
        playbook.lanes = [lane]
        return playbook
    }

    /// One field after the other: it alone is told, by its own path, and the change gives the new.
    @Test func everyFieldIsToldByItsPath() throws {
        let (old, other) = (try Self.leaves(Self.whole(true)), try Self.leaves(Self.whole(false)))
        let first = try Self.playbook(old)
        var told: Set<String> = []
        for (path, text) in old where path.split(separator: "|").last != "key" {
            var changed = old
            // What is true in both is not set in one.
            changed[path] = other[path] == text ? nil : other[path]
            let second = try Self.playbook(changed)
            let difference = try PlaybookDifference(from: first, to: second)
            let name = path.split(separator: "|").last.map(String.init) ?? path
            #expect(try difference.applied(to: first) == second, "\(path)")
            #expect(difference.changes.contains { $0.field == name }, "\(path) of \(difference.changes)")
            told.formUnion(name.split { ".[]".contains($0) }.map(String.init))
        }
        let missing = try Self.names().subtracting(told).subtracting(Self.structure)
        // Those by which elements are told apart stand in the path.
        #expect(missing.subtracting(["value"]).isEmpty, "\(missing.sorted())")
        #expect(told.count > 30)
    }

    /// Random mixtures of both, whatever is left out.
    @Test func anyMixtureGivesTheNew() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededNumbers(seed: seed)
        let (one, two) = (try Self.leaves(Self.whole(true)), try Self.leaves(Self.whole(false)))
        func mixture() throws -> Playbook {
            var leaves: [String: String] = [:]
            for path in Set(one.keys).union(two.keys).sorted() {
                let isKey = path.split(separator: "|").last == "key"
                leaves[path] = isKey ? one[path] : [one[path], two[path], nil].randomElement(using: &random) ?? nil
            }
            return try Self.playbook(leaves)
        }
        var seen = 0
        for _ in 0..<300 {
            let (old, new) = (try mixture(), try mixture())
            let difference = try PlaybookDifference(from: old, to: new)
            #expect(try difference.applied(to: old) == new, "seed \(seed)")
            seen += difference.changes.count
        }
        #expect(seen > 300, "seed \(seed)")
    }
}
