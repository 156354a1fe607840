import Foundation
import Testing
import Wire

@testable import WorkspaceService

/// Templates and strings fit together, and each template draws what its samples hold.
@Suite struct TemplateTests {
    @Test func everySampleIsDrawn() throws {
        let templates = try Bench().site.templates
        let common = try Sample.read("every_page.json")
        let names = try Sample.names()
        #expect(names.count > 20)
        for name in names {
            let template = String(name.prefix { $0 != "." })
            #expect(templates.has(template), "\(name)")
            let values = common.merging(try Sample.read(name)) { _, own in own }
            for language in Language.allCases {
                let reader = Reader(language: language, zone: ReaderZone("Asia/Seoul"), now: Bench.now)
                let text = try #require(templates.draw(template, sample: values, for: reader))
                #expect(text.contains("</html>") || text.contains("<section") || text.contains("<t"), "\(name)")
            }
        }
    }

    /// What a browser fetches that comes for the first time, whichever page it comes to.
    @Test func aFirstVisitIsSmall() throws {
        let site = try Bench().site
        let common = try Sample.read("every_page.json")
        let files = try site.assets.addresses.values.map { address -> Int in
            let name = ("\(address)".split(separator: "/").last).map(String.init) ?? ""
            return try #require(site.assets.response(name, [:])?.body.contentLength)
        }
        #expect(files.count >= 3)
        for name in try Sample.names() {
            let values = common.merging(try Sample.read(name)) { _, own in own }
            let reader = Reader(language: .ko, zone: ReaderZone("Asia/Seoul"), now: Bench.now)
            let text = site.templates.draw(String(name.prefix { $0 != "." }), sample: values, for: reader)
            #expect(try #require(text).utf8.count + files.reduce(0, +) < 100_000, "\(name)")
        }
    }

    @Test func whatIsTypedIsEscaped() throws {
        let templates = try Bench().site.templates
        let reader = Reader(language: .en, zone: ReaderZone("UTC"), now: Bench.now)
        let text = templates.draw(
            "sign_in", ["typed": ["email": #""><script>alert('x')</script>"#] as Values, "lang": "en"], for: reader)
        let page = try #require(text)
        #expect(!page.contains("<script>alert"))
        #expect(page.contains("&quot;&gt;&lt;script&gt;"))
    }

    /// A mark that is joined to another scalar is one character with it to Swift, and still a mark to a browser.
    @Test(arguments: [
        ("\u{600}<b>", "\u{600}&lt;b&gt;"), ("\"\u{301}", "&quot;\u{301}"), ("\u{600}\"", "\u{600}&quot;"),
        ("'\u{301}>\u{301}", "&#39;\u{301}&gt;\u{301}"), ("\u{600}&\u{301}", "\u{600}&amp;\u{301}"),
    ])
    func whatIsJoinedToAnotherScalarIsEscapedToo(typed: String, drawn: String) throws {
        let strings = try Strings(table: "key\ten\tko\nyes\tYes\t예\n")
        let library = try Templates.library(
            [
                "page": "{{<around}}{{$inner}}<i a=\"{{v}}\">{{v}}</i>{{>part}}{{/inner}}{{/around}}",
                "around": "{{v}}|{{$inner}}{{/inner}}|{{>part}}", "part": "{{#list}}<b a=\"{{.}}\">{{v}}</b>{{/list}}",
            ], strings, .en)
        let reader = Reader(language: .en, zone: ReaderZone("UTC"), now: Bench.now)
        let values: Values = ["v": typed, "list": [typed]]
        let bytes = try #require(Drawer.draw("page", of: library, Shown(values, reader)))
        let page = String(decoding: bytes, as: UTF8.self)
        let part = "<b a=\"\(drawn)\">\(drawn)</b>"
        let expected = "\(drawn)|<i a=\"\(drawn)\">\(drawn)</i>\(part)|\(part)"
        #expect(Array(page.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(arguments: [
        ("{{{a}}}", "leaves a value unescaped"), ("{{& a}}", "leaves a value unescaped"),
        ("{{% CONTENT_TYPE:TEXT}}{{a}}", "leaves a value unescaped"),
        ("{{=<% %>=}}<%& a%>", "leaves a value unescaped"),
        ("{{>nowhere}}", "names the partial nowhere, which is not there"),
        ("{{<nowhere}}{{/nowhere}}", "is drawn within nowhere, which is not there"),
        ("{{t.no_such_string}}", "names the string no_such_string, which is not there"),
    ])
    func faultsEndTheStart(source: String, fault: String) throws {
        let strings = try Strings(table: "key\ten\tko\nyes\tYes\t예\n")
        #expect(Templates.fault(in: source, known: ["a"], strings) == fault)
        #expect(Templates.fault(in: "{{t.yes}}{{>a}}", known: ["a"], strings) == nil)
        #expect(throws: (any Error).self) { try Templates.library(["a": source], strings, .en) }
    }

    @Test func aTableOfStringsIsWhole() {
        #expect(throws: (any Error).self) { try Strings(table: "key\ten\tko\na\tA\n") }
        #expect(throws: (any Error).self) { try Strings(table: "key\ten\tko\na\tA\t가\na\tA\t가\n") }
    }
}

extension Templates {
    /// Draws values of a sample.
    fileprivate func draw(_ template: String, sample: [String: Any], for reader: Reader) -> String? {
        draw(template, Sample.values(sample), for: reader)
    }
}

/// What templates are drawn with for a test: JSON as the values of a page.
enum Sample {
    private static let folder = Bundle.module.url(forResource: "Samples", withExtension: nil)

    /// The sample of that name.
    static func read(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: try #require(folder).appendingPathComponent(name))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// All samples; each begins with the name of its template.
    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: try #require(folder).path)
            .filter { $0.hasSuffix(".json") && $0 != "every_page.json" }.sorted()
    }

    static func values(_ object: [String: Any]) -> Values { object.mapValues(value) }

    private static func value(_ any: Any) -> any Sendable {
        switch any {
        case let text as String: text
        case let text as [String: String] where Set(text.keys) == ["en", "ko"]:
            Text(en: text["en"] ?? "", ko: text["ko"] ?? "")
        case let object as [String: Any]: values(object)
        case let list as [Any]: list.map(value)
        case let number as NSNumber:
            number.objCType.pointee == CChar(UInt8(ascii: "c")) ? number.boolValue : number.intValue
        default: ""
        }
    }
}
