import Testing

@testable import Flows

/// What stands in definitions where it is a character, and where it is an anchor or a tag; and dates of the run's clock.
@Suite struct YAMLVariantTests {
    /// `&`, `*` and `!` as characters of texts, keys and comments.
    @Test(arguments: [
        ("x: R&D", "R&D"), ("x: 'R&D'", "R&D"), ("x: \"&Co\"", "&Co"), ("x: '&Co'", "&Co"), ("x: A & B", "A & B"),
        ("x: a &b c", "a &b c"), ("x: \"a\\u0026b\"", "a&b"), ("x: 'a''&''b'", "a'&'b"),
        ("x: |\n  &a\n  *b\n  !c\n", "&a\n*b\n!c\n"),
        ("x: >-\n  &a\n  b\n", "&a b"), ("x: a # &b *c !d\n", "a"), ("x: \"*\"", "*"), ("x: '*all'", "*all"),
        ("x: 2*3", "2*3"),
        ("x: wow!", "wow!"), ("x: a !b", "a !b"), ("x: '!important'", "!important"), ("x: \"!!str\"", "!!str"),
        ("x: a&b&c&", "a&b&c&"),
        ("x: https://example.org/?a=1&b=2", "https://example.org/?a=1&b=2"), ("x: \"line &\\\n  next\"", "line &next"),
        ("x: '&amp; &lt;'", "&amp; &lt;"), ("x: \"&\"", "&"), ("x: \"\\x26\"", "&"), ("x: 연구&개발", "연구&개발"),
        ("x: \u{F8FF}&", "\u{F8FF}&"),
    ])
    func characters(yaml: String, value: String) throws {
        let indented = yaml.split(separator: "\n", omittingEmptySubsequences: false).map { "        \($0)" }.joined(
            separator: "\n")
        var runner = Runner(try compiled("  - a:\n      set:\n\(indented)"))
        #expect(try runner.run() == .completed(["x": .string(value)]))
    }

    /// Anchors, aliases and tags at each place where a node can have them.
    @Test(arguments: [
        "x: &a b", "x: &a\n  b", "x: &a 'b'", "x: &a \"b\"", "x: &a |\n  b", "x: &a >\n  b", "x: &a {b: 1}",
        "x: &a [1]", "x: &a", "&a x: 1",
        "x: [&a 1, 2]", "x: {&a b: 1}", "x: {b: &a 1}", "x: *a", "x: [*a]", "x: {b: *a}", "x: &가 1", "x: &1 2",
        "x: &a-b c", "x:   &a   b",
        "x: !!str &a b", "x: &a !!str b", "? &a x\n: 1", "x: &a # comment\n  b", "x: [1, &a [2]]", "<<: *a", "x: &a {}",
        "x: &a []",
    ])
    func anchors(yaml: String) throws {
        #expect(try refused(yaml).text.en.contains("nchors") || refused(yaml).text.en.contains("Tags"), "\(yaml)")
    }

    @Test(arguments: [
        "x: !!str 1", "x: !!int '1'", "x: !local 1", "x: ! 1", "x: !!null ''", "x: !!bool yes", "x: !!float 1",
        "x: !!map {}", "x: !!seq []",
        "x: !!set {a}", "x: !!omap []", "x: !!timestamp 2026-01-01", "x: !!python/object:os.system []", "x: !<tag:a> 1",
        "x: !e!a 1",
        "!!str x: 1", "x: [!!str 1]", "x: {a: !b c}", "x: !\n  y", "x: !!str |\n  y", "x: !!binary aGk=",
    ])
    func tags(yaml: String) throws {
        let problem = try refused(yaml)
        #expect(problem.text.en.contains("Tags") || problem.text.en.contains("Not valid YAML"), "\(problem)")
        #expect(problem.line >= 9, "\(problem)")
    }

    private func refused(_ yaml: String) throws -> FlowProblem {
        let indented = yaml.split(separator: "\n", omittingEmptySubsequences: false).map { "        \($0)" }.joined(
            separator: "\n")
        return try problem(definition("  - a:\n      set:\n\(indented)"))
    }

    /// What saves and would fail in every run is refused when it is saved.
    @Test(arguments: [
        "$runtime.now | todate", "$runtime.now | mktime", "$runtime.now | gmtime", "$runtime.now | strftime(\"%F\")",
        "$runtime.now | strptime(\"%Y\")", "$runtime.now | todateiso8601", "\"yesterday\" | fromdate",
        "\"\" | fromdate",
        "($runtime.now | fromdate) | fromdate", "$runtime.now | fromdate | strptime(\"%F\")",
        "[$runtime.now] | .[0] | todate",
        "{a: $runtime.now} | .a | todate", "$runtime.now | fromdate | todate | mktime", "null | todate",
        "$runtime.now as $t | $t | gmtime",
        "\"2026-13-01\" | fromdate", "\"24:00\" | fromdateiso8601",
        "($runtime.now | todate) // 1 | todate | fromdate | gmtime | fromdate",
    ])
    func datesThatFailInEveryRun(expression: String) throws {
        let found = try refused("x: '${ \(expression) }'")
        #expect(found.text.en.contains("every run"), "\(found)")
    }

    @Test(arguments: [
        "$runtime.now | fromdate", "$runtime.now | fromdate | todate", "$runtime.now | fromdate + 86400 | todate",
        "$runtime.now[0:10]",
        "$runtime.now | fromdate | gmtime | mktime", "$runtime.now | fromdate | strftime(\"%Y-%m-%d\")",
        "\"2026-02-28\" | fromdate",
        "$runtime.now | split(\"T\") | .[0]", "($runtime.now | fromdate) - 3600 | todate",
        "\"2026-02-28T10:00:00.123Z\" | fromdate",
        "$runtime.now | strptime(\"%Y-%m-%dT%H:%M:%SZ\") | mktime", "try ($runtime.now | mktime) catch 0",
        ".due // \"2026-01-01\" | fromdate",
        "\"2026-02-28T10:00:00Z\" | fromdateiso8601 | todateiso8601", "$runtime.now | fromdate | . / 86400 | floor",
        "[$runtime.now | fromdate, 1] | max", "$runtime.now > \"2020\"",
        "if .late then (.late | fromdate) else $runtime.now end",
    ])
    func datesThatDoNot(expression: String) throws {
        var runner = Runner(try compiled("  - a:\n      set:\n        x: '${ \(expression) }'"))
        guard case .completed = try runner.run() else { return #expect(Bool(false), "\(expression)") }
    }
}
