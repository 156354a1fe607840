import Addresses
import Foundation
import TestKit
import Testing

@testable import Mail

@Suite struct MessageTests {
    static func message(subject: String = "Hello", text: String = "Text", html: String? = nil) throws -> MailMessage {
        MailMessage(
            from: try MailAddress("ale@example.org", name: "Account Lifecycle"),
            to: [try MailAddress("kim@example.com", name: "김철수")], subject: subject, text: text, html: html,
            messageID: "run-1.step-2@example.org", date: 1_795_293_660)
    }

    static func lines(_ message: MailMessage) throws -> [String] {
        String(decoding: try message.encoded(), as: UTF8.self).components(separatedBy: "\r\n")
    }

    @Test func aMailIsWrittenInOrder() throws {
        var message = try Self.message()
        message.cc = [try MailAddress("lee@example.com")]
        message.headers = [MailMessage.Header("Auto-Submitted", "auto-generated")]
        #expect(
            try Self.lines(message) == [
                "Date: Sat, 21 Nov 2026 20:41:00 +0000", "From: \"Account Lifecycle\" <ale@example.org>",
                "To: =?UTF-8?B?6rmA7LKg7IiY?= <kim@example.com>", "Cc: lee@example.com", "Subject: Hello",
                "Message-ID: <run-1.step-2@example.org>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "Text",
                "",
            ])
    }

    @Test(arguments: [
        "a\r\nBcc: x@example.com", "a\nb", "a\rb", "a\u{0}b", "a\u{85}b", "a\u{2028}b",
    ])
    func textThatCouldForgeHeadersIsRefused(text: String) throws {
        let message = try Self.message(subject: text)
        #expect(throws: MailError.self) { try message.encoded() }
        #expect(throws: MailError.self) { try MailAddress("a@example.com", name: text) }
        var second = try Self.message()
        second.headers = [MailMessage.Header("X-Test", text + String(repeating: "y", count: 400))]
        #expect(throws: MailError.self) { try second.encoded() }
    }

    @Test(arguments: ["Bcc", "Subject", "content-type", "X Test", "X-Test:", "", "X-T\u{e9}st", "X\r\nY"])
    func headersThatAreNotFreeAreRefused(name: String) throws {
        var message = try Self.message()
        message.headers = [MailMessage.Header(name, "value")]
        #expect(throws: MailError.self) { try message.encoded() }
    }

    @Test(arguments: [
        "", "a", "a@", "@b", "a@b@c", "a b@c.d", "a@b..c", ".a@b.c", "a@-b.c", "a@b.c>", "<a@b.c>",
        "a@b.c\r\nRCPT TO:<x@y>",
        "a@b.c,d@e.f", "\"a\"@b.c", String(repeating: "a", count: 65) + "@b.c",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(throws: MailError.self) { try MailAddress(text) }
    }

    @Test(arguments: ["a@b", "first.last+tag@mail.example.com", "o'neil@example.org", "x_1@127.0.0.1"])
    func ordinaryAddressesAreTaken(text: String) throws { #expect(try MailAddress(text).address == text) }

    @Test func recipientsAreNeededAndBounded() throws {
        var message = try Self.message()
        message.to = []
        #expect(throws: MailError.self) { try message.encoded() }
        message.to = try (0..<101).map { try MailAddress("a\($0)@example.com") }
        #expect(throws: MailError.self) { try message.encoded() }
        message.to = [try MailAddress("a@example.com"), try MailAddress("b@example.com")]
        message.cc = [try MailAddress("a@example.com")]
        #expect(message.recipients.map(\.address) == ["a@example.com", "b@example.com"])
        message.messageID = "no id>\r\nX: y"
        #expect(throws: MailError.self) { try message.encoded() }
    }

    /// A long subject is cut behind a whole character; the mail goes out.
    @Test(arguments: ["한", "x", "👩‍👩‍👧‍👦", "e\u{301}"], [334, 1_001, 5_000])
    func aLongSubjectIsCut(_ character: String, _ count: Int) throws {
        let subject = String(repeating: character, count: count)
        let lines = try Self.lines(try Self.message(subject: subject))
        for line in lines { #expect(line.utf8.count <= 76) }
        for word in lines.joined(separator: " ").matches(of: #/=\?UTF-8\?B\?[^?]*\?=/#) {
            #expect(word.output.utf8.count <= 75)
        }
        let shown = HeaderText.shortened(subject, to: MailMessage.maximumSubject)
        #expect(shown.utf8.count <= MailMessage.maximumSubject)
        #expect(shown.last == "…" || shown == subject)
        #expect(shown.dropLast().allSatisfy { String($0) == character })
        var message = try Self.message(subject: subject, html: "<p></p>")
        message.headers = [MailMessage.Header("X-Long", "x")]
        let read = try Self.python(try message.encoded())
        #expect(read["subject"] == shown)
        #expect(read["defects"] == "0")
    }

    @Test(arguments: [
        ("a@bücher.example", "a@xn--bcher-kva.example"), ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@한국.kr", "a@xn--3e0b707e.kr"), ("a@faß.example", "a@xn--fa-hia.example"),
        ("kim.o'neil+ale@lumen.example", "kim.o'neil+ale@lumen.example"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"), ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("이영희@example.com", "이영희@example.com"),
    ])
    func domainsAreWrittenInASCII(_ text: String, _ carried: String) throws {
        #expect(try EmailAddress(text).carried == carried)
        #expect(try MailAddress(text).address == carried)
        #expect(try EmailAddress(text).isInternational == !carried.utf8.allSatisfy { $0 < 0x80 })
    }

    /// Slips of people, and what looks like an address but is none that mail can be sent to.
    @Test(arguments: [
        ("mailto:a@lumen.example", EmailAddress.Fault.malformed), ("lea@lumen.example,", .domain),
        ("b..b@lumen.example", .malformed), ("c@\u{200B}lumen.example", .domain), ("c@lu\u{AD}men.example", .domain),
        ("ines@-lumen.example", .domain), ("ines@lumen-.example", .domain), ("a@localhost", .domain),
        ("a@127.0.0.1", .domain), ("a@example。kr", .domain), ("a@b_c.example", .domain),
        ("j😀@bücher.example", .localPart), ("jörg..x@bücher.example", .localPart), ("jö rg@bücher.example", .localPart),
        (" a@b.example", .malformed), ("a@b.example ", .domain), ("a@b.example.", .domain), ("a@", .domain),
        ("a\u{200B}@b.example", .localPart), ("a@☃.example", .domain), ("", .malformed), ("a@b@c.example", .malformed),
        ("a@" + String(repeating: "ü", count: 60) + ".example", .domain),
        // Top-level domains are letters; what says to be internationalised is.
        ("a@lumen.c0m", .domain), ("a@lumen.c", .domain), ("a@lumen.example2", .domain), ("a@lumen.1a", .domain),
        ("a@lumen.co-m", .domain), ("a@10.0.0.1a", .domain), ("a@xn--a.example", .domain), ("a@xn--.example", .domain),
        ("a@XN--99999999.example", .domain), ("a@lumen.xn--a", .domain),
    ])
    func whatMailCannotBeSentTo(_ text: String, _ fault: EmailAddress.Fault) {
        #expect(throws: fault) { try EmailAddress(text) }
    }

    /// Python's own mail parser is the second opinion: what it reads is what was put in.
    @Test(arguments: [
        ("다음 분기별 비즈니스 검토가 예약되었습니다: 에른스트 한델 계정의 2027년 1분기 검토 회의", "안녕하세요.\n\n.\n..점\nFrom 여기\n"),
        (
            "Plain = subject",
            "A line\r\nwith = signs, trailing blank \nand\ttab\t\n" + String(repeating: "long ", count: 500)
        ),
        ("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", String(repeating: "한", count: 3000)),
        ("=?UTF-8?B?6rmA?= looks encoded", "Mostly ASCII with one é.\rOld Mac line"),
        (" leading and trailing ", ""), (String(repeating: "x", count: 300), ".\r\n.\r\n"),
        (String(repeating: "연간 성과 검토 및 갱신 ", count: 30), "long"), (String(repeating: "word ", count: 190) + "end", ""),
    ])
    func anotherImplementationReadsTheSame(subject: String, text: String) throws {
        var message = try Self.message(subject: subject, text: text, html: "<p>\(text) &amp; 끝</p>")
        message.headers = [MailMessage.Header("X-Long", Array(repeating: "word", count: 60).joined(separator: " "))]
        let bytes = try message.encoded()
        for line in String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n") {
            #expect(line.utf8.count <= 78, "\(line)")
            #expect(line.utf8.allSatisfy { $0 < 0x80 && $0 != 0x0A && $0 != 0x0D })
        }
        let read = try Self.python(bytes)
        #expect(read["subject"] == subject)
        #expect(read["to"] == "김철수 <kim@example.com>")
        #expect(read["defects"] == "0")
        let normalized = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        #expect(read["text"] == normalized)
        #expect(read["html"] == "<p>\(normalized) &amp; 끝</p>")
        #expect(read["long"] == Array(repeating: "word", count: 60).joined(separator: " "))
    }

    private static func python(_ bytes: [UInt8]) throws -> [String: String] {
        let script = """
            import sys, json, email, email.policy
            m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            def body(kind):
                part = m.get_body(preferencelist=(kind,))
                return part.get_payload(decode=True).decode('utf-8').replace('\\r\\n', '\\n')
            defects = len(m.defects) + sum(len(p.defects) for p in m.walk())
            json.dump({'subject': m['subject'], 'to': str(m['to']), 'text': body('plain'), 'html': body('html'),
                       'long': m['x-long'], 'defects': str(defects)}, sys.stdout)
            """
        let mail = FileManager.default.temporaryDirectory.appending(path: "mail-\(UUID().uuidString)")
        try Data(bytes).write(to: mail)
        defer { try? FileManager.default.removeItem(at: mail) }
        let result = try Command.result(["sh", "-c", "exec python3 -c \"$0\" <\"$1\"", script, mail.path])
        #expect(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode([String: String].self, from: Data(result.output.utf8))
    }
}
