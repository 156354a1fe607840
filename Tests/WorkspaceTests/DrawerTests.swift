import Markup
import Mustache
import Testing
import Wire

@testable import WorkspaceService

/// Templates are Mustache, and are drawn as swift-mustache draws them.
@Suite struct DrawerTests {
    private func draw(_ template: String, _ values: Values) throws -> String {
        let reader = Reader(language: .en, zone: ReaderZone("UTC"), now: Bench.now)
        let drawn = Drawer.draw("page", of: ["page": try TemplateReader.pieces(of: template)], Shown(values, reader))
        return String(decoding: try #require(drawn), as: UTF8.self)
    }

    /// Each sample is the same page to both, byte by byte, in both languages.
    @Test(arguments: Language.allCases) func eachSampleIsTheSameToSwiftMustache(language: Language) throws {
        Escaping.register()
        let sources = try Templates.sources(in: try #require(Site.folder))
        let templates = try Bench().site.templates
        var library = MustacheLibrary()
        for (name, source) in sources {
            try library.register(
                Escaping.pragma + Templates.said(source, templates.strings, language), named: name)
        }
        let reader = Reader(language: language, zone: ReaderZone("Asia/Seoul"), now: Bench.now)
        let common = try Sample.read("every_page.json")
        for name in try Sample.names() {
            let values = Sample.values(common.merging(try Sample.read(name)) { _, own in own })
            let template = String(name.prefix { $0 != "." })
            let drawn = try #require(templates.draw(template, values, for: reader))
            let reference = try #require(
                library.render(Parts(whole: .whole(Shown(values, reader))), withTemplate: template))
            let same = zip(drawn.utf8, reference.utf8).prefix { $0 == $1 }.count
            let isSame = same == drawn.utf8.count && same == reference.utf8.count
            #expect(isSame, "\(name): \(drawn.suffix(drawn.count - same).prefix(80))")
        }
    }

    @Test func sectionsAreDrawnForWhatIsThere() throws {
        let values: Values = [
            "list": ["a", "b"], "none": [String](), "flag": true, "off": false, "text": "t", "blank": "",
            "whole": ["text": "inner", "list": [["text": "1"] as Values, ["off": true] as Values]] as Values,
        ]
        #expect(try draw("{{#list}}<{{.}}>{{/list}}{{#none}}x{{/none}}{{^none}}-{{/none}}", values) == "<a><b>-")
        #expect(
            try draw("{{#flag}}{{text}}{{/flag}}{{#off}}x{{/off}}{{^off}}-{{/off}}{{^flag}}x{{/flag}}", values) == "t-")
        #expect(try draw("{{#blank}}x{{/blank}}{{^blank}}-{{/blank}}{{^nowhere}}-{{/nowhere}}", values) == "--")
        #expect(try draw("{{#whole.list}}[{{.text}}|{{text}}|{{.off}}]{{/whole.list}}", values) == "[1|1|][|t|true]")
        #expect(try draw("{{whole.text}}{{whole.nothing}}{{.text}}{{text.more}}", values) == "innert")
    }

    @Test func aTagAloneTakesItsLine() throws {
        let template = "a\n {{#flag}} \nb\n{{! said\nof it }}\n{{/flag}}\nc {{^flag}}\n{{/flag}}d"
        #expect(try draw(template, ["flag": true]) == "a\nb\nc d")
    }

    @Test func blocksAreFilledFromOutside() throws {
        let templates = [
            "page": try TemplateReader.pieces(of: "{{<frame}}\n{{$inner}}{{v}}{{>part}}{{/inner}}\n{{/frame}}"),
            "frame": try TemplateReader.pieces(of: "<{{$inner}}usual{{/inner}}|{{$other}}usual{{/other}}>"),
            "part": try TemplateReader.pieces(of: "{{#list}}({{.n}}{{>part}}){{/list}}"),
        ]
        let values: Values = ["v": "1", "list": [["n": "a", "list": [["n": "b", "list": ""] as Values]] as Values]]
        let reader = Reader(language: .en, zone: ReaderZone("UTC"), now: Bench.now)
        let drawn = try #require(Drawer.draw("page", of: templates, Shown(values, reader)))
        #expect(String(decoding: drawn, as: UTF8.self) == "<1(a(b))|usual>")
        #expect(Drawer.draw("nowhere", of: templates, Shown(values, reader)) == nil)
    }

    @Test(arguments: [
        ("a\n{{#b}}", "line 2 is the last, and b does not end"), ("{{#b}}{{/c}}", "line 1 ends c, which is not open"),
        ("{{/c}}", "line 1 ends c, which is not open"), ("{{a", "line 1 has a tag that does not end"),
        ("{{a b}}", "line 1 has the name ‘a b’, which is none"), ("{{}}", "line 1 has the name ‘’, which is none"),
        ("{{{a}}}", "line 1 has the name ‘{a’, which is none"),
        ("\n {{>a}}\n", "line 3 indents the partial a"),
        ("{{<a}}{{b}}{{/a}}", "line 1 has something else than blocks in a"),
    ])
    func whatIsNoTemplateIsRefused(source: String, fault: String) {
        #expect { try TemplateReader.pieces(of: source) } throws: { "\($0)" == fault }
    }
}

/// Values as swift-mustache takes them.
private struct Parts: MustacheParent {
    let whole: Drawn

    func child(named name: String) -> Any? { whole.part(Key(name)).map(Self.value) }

    private static func value(_ drawn: Drawn) -> Any {
        switch drawn {
        case .blank: Blank()
        case .text(let text): text
        case .flag(let flag): flag
        case .list(let list): list.map(value)
        case .whole, .choice: Parts(whole: drawn)
        }
    }

    private struct Blank: MustacheCustomRenderable {
        var renderText: String { "" }
        var isNull: Bool { true }
    }
}

/// How values are escaped, for swift-mustache.
private struct Escaping: MustacheContentType {
    /// Stands before each template: swift-mustache goes back to its own way in each partial.
    static let pragma = "{{% CONTENT_TYPE:PAGE}}\n"

    static func register() { MustacheContentTypes.register(Escaping(), named: "PAGE") }

    func escapeText(_ text: String) -> String { Markup.escaped(text) }
}
