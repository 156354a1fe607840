import Mail
import Testing

/// What people may write into the texts of a mail.
@Suite struct PlaceholderTests {
    private static let known: Set = ["name", "body"]

    @Test(arguments: [
        "", "Hello", "Hello {{name}},", "{{ name }}", "{{#body}}{{.}} {{name}}{{/body}}{{^body}}-{{/body}}",
        "a } b { c",
    ])
    func placeholdersAndSectionsAreTaken(_ text: String) throws {
        try MailPlaceholders.check(text, known: Self.known)
    }

    @Test(arguments: [
        ("{{nme}}", MailPlaceholders.Fault.unknown("nme")), ("{{#title}}x{{/title}}", .unknown("title")),
        ("{{{name}}}", .notAllowed("{name")), ("{{&name}}", .notAllowed("&name")),
        ("{{> name}}", .notAllowed("> name")),
        ("{{! name}}", .notAllowed("! name")), ("{{=<% %>=}}", .notAllowed("=<% %>=")),
        ("{{% CONTENT_TYPE:HTML}}", .notAllowed("% CONTENT_TYPE:HTML")), ("{{$name}}x{{/name}}", .notAllowed("$name")),
        ("{{uppercased(name)}}", .notAllowed("uppercased(name)")), ("{{}}", .notAllowed("")),
        ("{{.}}", .notAllowed(".")),
        ("{{name", .notAllowed("name")), ("{{#body}}x", .section("body")), ("{{/body}}", .section("body")),
        ("{{#body}}{{#name}}{{/name}}{{/body}}", .section("name")), ("{{#body}}{{/name}}", .section("name")),
    ])
    func everythingElseIsRefused(_ text: String, _ fault: MailPlaceholders.Fault) {
        #expect(throws: fault) { try MailPlaceholders.check(text, known: Self.known) }
    }
}
