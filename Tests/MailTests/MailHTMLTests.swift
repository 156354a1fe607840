import Mail
import Testing

/// What the HTML of a mail may hold when people write it.
@Suite struct MailHTMLTests {
    @Test(arguments: [
        "", "Hello", "<p>Hello <b>{{name}}</b>,<br>a &lt; b</p>", "<!-- <script> --><p style='color: red'>x</p>",
        "<!DOCTYPE html>\n<HTML lang=\"ko\"><head><meta charset='utf-8'></head><body>x</body></html>",
        "<a href=\"https://x.example/?a={{name}}\">x</a><img alt=\"\" src=\"cid:logo\" /><hr/>",
        "<table><tr><td colspan=\"2\">a > b</td></tr></table>",
    ])
    func whatShowsSomethingIsTaken(_ text: String) throws {
        try MailHTML.check(text)
    }

    @Test(arguments: [
        ("<script>x</script>", MailHTML.Fault.element("script")),
        ("<IFRAME src='https://x'></IFRAME>", .element("iframe")),
        ("<form></form>", .element("form")), ("<p/onload=x>", .attribute("onload")),
        ("<p onclick='x'>x</p>", .attribute("onclick")), ("<p OnClick='x'>x</p>", .attribute("onclick")),
        ("<p title={{name}}>x</p>", .attribute("title")), ("<p {{name}}>x</p>", .attribute("{{name}}")),
        ("<meta http-equiv='refresh'>", .attribute("http-equiv")),
        ("<a href='javascript:x'>x</a>", .address("javascript:x")),
        ("<a href=' JavaScript:x'>x</a>", .address(" JavaScript:x")),
        ("<a href='{{name}}'>x</a>", .address("{{name}}")),
        ("<img src='data:text/html,x'>", .address("data:text/html,x")),
        ("<p>x", .unbalanced("p")), ("x</p>", .unbalanced("p")), ("<b><i>x</b></i>", .unbalanced("b")),
        ("a < b", .malformed("< b")), ("<p", .malformed("<p")), ("<!-- x", .malformed("<!-- x")),
    ])
    func everythingElseIsRefused(_ text: String, _ fault: MailHTML.Fault) {
        #expect(throws: fault) { try MailHTML.check(text) }
    }
}
