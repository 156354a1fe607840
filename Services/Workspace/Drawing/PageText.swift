import Markup
import Mustache

/// How values stand in a page. The engine escapes characters as Swift counts them, and would let pass a quotation mark with a
/// combining mark after it, which still ends an attribute for a browser; this escapes scalar by scalar.
struct PageText: MustacheContentType {
    /// What a template says at its beginning to have its values escaped so. The engine goes back to its own way in each
    /// partial and parent, so each says it for itself; the line is none of the page.
    static let pragma = "{{% CONTENT_TYPE:\(name)}}\n"
    private static let name = "PAGE"

    /// Makes it known to the engine.
    static func register() { MustacheContentTypes.register(PageText(), named: name) }

    func escapeText(_ text: String) -> String { Markup.escaped(text) }
}
