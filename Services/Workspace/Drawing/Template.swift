import Markup

/// A part of a template as it was compiled when the program started.
enum Piece: Sendable {
    /// Bytes of the page.
    case text([UInt8])
    /// `{{name}}`: a value, escaped.
    case value(Name)
    /// `{{#name}}`: drawn for what is there, once for each of a list.
    case section(Name, [Piece])
    /// `{{^name}}`: drawn where nothing is there.
    case without(Name, [Piece])
    /// `{{>name}}`: another template.
    case partial(String)
    /// `{{<name}}`: another template, with blocks filled.
    case within(String, [String: [Piece]])
    /// `{{$name}}`: a block, with what stands there where nobody fills it.
    case block(String, [Piece])
}

/// What a template names: `page.onboardingCase.number` is looked for from the innermost value outwards, `.label` in the innermost
/// alone, and `.` is that value itself.
struct Name: Sendable {
    let isInnermost: Bool
    let keys: [Key]

    init(_ word: String) {
        isInnermost = word.hasPrefix(".")
        keys = word.split(separator: ".").map { Key(String($0)) }
    }
}

/// A part of a name: that of a value, or of what people read of one. `dueDateText` may be a value of its own, or the text of
/// `dueDate`; which it may be is known when the template is compiled.
struct Key: Sendable {
    let name: String
    let beside: [(beside: Beside, of: String)]

    init(_ name: String) {
        self.name = name
        beside = Beside.allCases.filter { name.hasSuffix($0.rawValue) }
            .map { ($0, String(name.dropLast($0.rawValue.count))) }
    }
}

/// What stands beside a value, under its name with one of these behind it.
enum Beside: String, CaseIterable {
    case text = "Text"
    case distance = "Distance"
    case late = "Late"
    case label = "Label"
    case alternatives = "Is"
    case any = "Any"
    case count = "Count"
}

/// A value as templates draw it.
enum Drawn {
    /// It is there, and blank: sections leave it out, and the name is not looked for further out.
    case blank
    case text(String)
    case flag(Bool)
    case list([Drawn])
    /// What has parts that templates name.
    case whole(Shown)
    /// What a value is, to ask by: `{{#stateIs.closed}}`.
    case choice(String)

    /// The part of that name; nil where there is none, so that it is looked for further out.
    func part(_ key: Key) -> Drawn? {
        switch self {
        case .whole(let whole): whole.part(key)
        case .choice(let value): .flag(key.name == value)
        case .blank, .text, .flag, .list: nil
        }
    }
}

/// Draws a template: writes the bytes of a page one after another. Values are escaped here and nowhere else.
struct Drawer {
    private let templates: [String: [Piece]]
    /// The innermost value.
    private var value: Drawn
    /// The values that have parts, from the page to the innermost.
    private var wholes: [Shown]
    private var blocks: [String: [Piece]] = [:]
    private var page: [UInt8] = []

    /// The page that a template makes of `whole`; nil where there is no such template.
    static func draw(_ name: String, of templates: [String: [Piece]], _ whole: Shown) -> [UInt8]? {
        guard let template = templates[name] else { return nil }
        var drawer = Drawer(templates: templates, whole: whole)
        drawer.draw(template)
        return drawer.page
    }

    private init(templates: [String: [Piece]], whole: Shown) {
        self.templates = templates
        value = .whole(whole)
        wholes = [whole]
        page.reserveCapacity(65_536)
    }

    private mutating func draw(_ pieces: [Piece]) {
        for piece in pieces {
            switch piece {
            case .text(let bytes): page += bytes
            case .value(let name):
                switch find(name) {
                case .text(let text): Markup.append(text, to: &page)
                case .flag(let flag): page += (flag ? "true" : "false").utf8
                case .blank, .list, .whole, .choice, nil: break
                }
            case .section(let name, let inner): section(find(name), inner)
            case .without(let name, let inner):
                switch find(name) {
                case .blank, .flag(false), nil: draw(inner)
                case .list(let list): if list.isEmpty { draw(inner) }
                case .flag(true), .text, .whole, .choice: break
                }
            case .partial(let name): draw(templates[name] ?? [])
            case .within(let name, let filled):
                let before = blocks
                blocks.merge(filled) { outer, _ in outer }
                draw(templates[name] ?? [])
                blocks = before
            case .block(let name, let usual): draw(blocks[name] ?? usual)
            }
        }
    }

    private mutating func section(_ value: Drawn?, _ inner: [Piece]) {
        switch value {
        case .blank, .flag(false), nil: break
        case .flag(true): draw(inner)
        case .list(let list): for item in list { draw(inner, within: item) }
        case .text, .whole, .choice: if let value { draw(inner, within: value) }
        }
    }

    private mutating func draw(_ pieces: [Piece], within inner: Drawn) {
        let outer = value
        value = inner
        if case .whole(let whole) = inner { wholes.append(whole) }
        draw(pieces)
        if case .whole = inner { wholes.removeLast() }
        value = outer
    }

    /// What a name stands for. Only its first part is looked for further out.
    private func find(_ name: Name) -> Drawn? {
        guard let first = name.keys.first else { return value }
        var found = value.part(first)
        if found == nil, !name.isInnermost {
            // The innermost with parts may be the value itself, in which was looked.
            let outer = if case .whole = value { wholes.dropLast() } else { wholes[...] }
            for whole in outer.reversed() {
                found = whole.part(first)
                if found != nil { break }
            }
        }
        for key in name.keys.dropFirst() { found = found?.part(key) }
        return found
    }
}
