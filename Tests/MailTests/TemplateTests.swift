import Foundation
import Testing

@testable import Mail

@Suite struct TemplateTests {
    static let source = MailTemplate.Source(
        subject: "Play \"{{title}}\" completed", text: "{{title}} <{{url}}>\n{{#records}}- {{number}}\n{{/records}}",
        html: "<a href=\"{{url}}\" title='{{{title}}}'>{{&title}}</a>{{#done}}<b>!</b>{{/done}}")
    static let korean = MailTemplate.Source(subject: "플레이 완료: {{title}}", text: "{{title}}", html: "<p>{{title}}</p>")

    @Test func valuesAreFilledInByLanguage() throws {
        let template = try MailTemplate(en: Self.source, ko: Self.korean)
        let content = template.render(
            [
                "title": "R & D", "url": "https://x/?a=1&b=2", "done": .flag(true),
                "records": .list([["number": "TCHPT0000001"], ["number": "TCHPT0000002"]]),
            ], language: .en)
        #expect(content.subject == "Play \"R & D\" completed")
        #expect(content.text == "R & D <https://x/?a=1&b=2>\n- TCHPT0000001\n- TCHPT0000002\n")
        #expect(content.html == "<a href=\"https://x/?a=1&amp;b=2\" title='R &amp; D'>R &amp; D</a><b>!</b>")
        #expect(template.render(["title": "검토"], language: .ko).subject == "플레이 완료: 검토")
    }

    @Test(arguments: ["<script>alert(1)</script>", "\"><img src=x>", "'\u{301} onload='x", "\"\u{301} x=\"y"])
    func noValueGetsIntoAPageUnescaped(value: String) throws {
        let content = try MailTemplate(en: Self.source, ko: Self.korean)
            .render(["title": .text(value), "url": .text(value)], language: .en)
        let inserted = content.html.unicodeScalars.count { "<>\"'".unicodeScalars.contains($0) }
        let own = "<a href=\"\" title=''></a>".unicodeScalars.count { "<>\"'".unicodeScalars.contains($0) }
        #expect(inserted == own)
    }

    @Test func aSubjectStaysOneLine() throws {
        let content = try MailTemplate(en: Self.source, ko: Self.korean)
            .render(["title": "a\r\nBcc: x@example.com"], language: .en)
        #expect(content.subject == "Play \"a  Bcc: x@example.com\" completed")
    }

    @Test func aTemplateThatIsWrongIsRefusedByPart() {
        let wrong = MailTemplate.Source(subject: "{{#open}}", text: "", html: "")
        #expect {
            try MailTemplate(en: Self.source, ko: wrong)
        } throws: { error in
            guard case .invalid("ko.subject", _) = error as? MailError else { return false }
            return true
        }
    }

    @Test func templatesAreReadFromAFolder() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "mail-templates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (language, subject) in [("en", "Done: {{t}}"), ("ko", "완료: {{t}}")] {
            try "Subject: \(subject)\n\nHello\n\n{{t}}\n".write(
                to: folder.appendingPathComponent("done.\(language).txt"), atomically: true, encoding: .utf8)
            try "<p>{{t}}</p>".write(
                to: folder.appendingPathComponent("done.\(language).html"), atomically: true, encoding: .utf8)
        }
        let template = try MailTemplate(name: "done", in: folder)
        #expect(
            template.render(["t": "x"], language: .ko)
                == MailContent(subject: "완료: x", text: "Hello\n\nx\n", html: "<p>x</p>"))
        #expect(throws: MailError.self) { try MailTemplate(name: "absent", in: folder) }
        try "no subject".write(to: folder.appendingPathComponent("done.ko.txt"), atomically: true, encoding: .utf8)
        #expect(throws: MailError.self) { try MailTemplate(name: "done", in: folder) }
    }
}
