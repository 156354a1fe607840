import Addresses
import Testing

/// Addresses as people type them: those that mail can be sent to, and those it cannot.
@Suite struct AddressVariantTests {
    @Test(arguments: [
        "a@b.example", "A.B@Lumen.Example", "o'neil@lumen.example", "a+b@lumen.example", "a_b@lumen.example",
        "1@lumen.example",
        "a-@lumen.example", "#a@lumen.example", "a/b@lumen.example", "a=b@lumen.example", "a@1.example",
        "a@1lumen.example",
        "a@b-c.example", "a@a.b.c.d.example", "a@lumen.museum", "a@xn--3e0b707e.kr", "김@회사.한국", "jörg@lumen.example",
        "ナ@例え.テスト",
        "a@straße.example", "a@sub.한국", "a{b}@lumen.example",
    ])
    func mailCanBeSentTo(text: String) throws {
        _ = try EmailAddress(text)
    }

    @Test(arguments: [
        "a", "@", "@b.example", "a@", "a@b", "a@.example", "a@b..example", "a@b.example.", ".a@b.example",
        "a.@b.example", "a..b@b.example",
        "a b@b.example", "a@b .example", "a@b.example;c@d.example", "a@b.example, c@d.example", "<a@b.example>",
        "A <a@b.example>",
        "\"a b\"@b.example", "a@[127.0.0.1]", "a@127.0.0.1", "a@b.example\n", "a@b.example\u{A0}", "a@b.1", "a@b.e",
        "a@b_c.example",
        "a@-b.example", "a@b-.example", "a(c)@b.example", "a@b,example", "a@b.exam ple", "a@@b.example", "a@b.example@",
        "mailto:a@b.example",
        "a\\@b.example", "a@b.example/", "a@http://b.example", "a@b。example", "ａ＠b.example", "a\u{200B}@b.example",
        "a@b\u{AD}.example",
        "a@\u{202E}b.example", "a@b.example\u{FEFF}", "a@*.example", "a:b@c.example", "a@b!c.example", "😀@b.example",
        "a@😀.example",
        "a@xn--zz.example", "a\u{0}@b.example", "n/a", "none", "-", "a@b.example?subject=x",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.example",
    ])
    func mailCannotBeSentTo(text: String) {
        #expect(throws: EmailAddress.Fault.self) { try EmailAddress(text) }
    }
}
