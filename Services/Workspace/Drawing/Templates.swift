import Foundation
import Markup
import Platform
import Wire

/// The templates of all pages, compiled when the program starts: for each language, with its strings in their places.
struct Templates: Sendable {
    private let libraries: [Language: [String: [Piece]]]
    let strings: Strings

    /// Reads every template and the strings that they name from the folder the program comes with. One that does not
    /// compile, leaves a value unescaped, or names a partial or a string that is not there ends the start.
    init(folder: URL) throws {
        strings = try Strings(
            table: try String(contentsOf: folder.appendingPathComponent("Strings/strings.tsv"), encoding: .utf8))
        let sources = try Self.sources(in: folder)
        var libraries: [Language: [String: [Piece]]] = [:]
        for language in Language.allCases { libraries[language] = try Self.library(sources, strings, language) }
        self.libraries = libraries
    }

    /// The texts of the templates by their names.
    static func sources(in folder: URL) throws -> [String: String] {
        var sources: [String: String] = [:]
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "mustache" else { continue }
            let name = file.deletingPathExtension().lastPathComponent
            guard sources[name] == nil else { throw ConfigurationError("There are two templates \(name).mustache.") }
            sources[name] = try String(contentsOf: file, encoding: .utf8)
        }
        return sources
    }

    /// Templates from their texts, in one language.
    static func library(
        _ sources: [String: String], _ strings: Strings, _ language: Language
    ) throws -> [String: [Piece]] {
        var library: [String: [Piece]] = [:]
        for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
            if let fault = fault(in: source, known: Set(sources.keys), strings) {
                throw ConfigurationError("\(name).mustache \(fault).")
            }
            do throws(TemplateReader.Fault) {
                library[name] = try TemplateReader.pieces(of: said(source, strings, language))
            } catch {
                throw ConfigurationError("\(name).mustache does not compile: \(error)")
            }
        }
        return library
    }

    /// What is wrong with a template beyond its syntax.
    static func fault(in source: String, known: Set<String>, _ strings: Strings) -> String? {
        if source.contains("{{{") || source.contains(#/\{\{\s*[&%=]/#) { return "leaves a value unescaped" }
        for partial in source.matches(of: #/\{\{\s*[>]\s*([A-Za-z0-9_-]+)\s*\}\}/#)
        where !known.contains(String(partial.1)) {
            return "names the partial \(partial.1), which is not there"
        }
        for parent in source.matches(of: #/\{\{\s*<\s*([A-Za-z0-9_-]+)\s*\}\}/#) where !known.contains(String(parent.1))
        {
            return "is drawn within \(parent.1), which is not there"
        }
        for key in source.matches(of: #/\{\{[#^]?\s*t\.([A-Za-z0-9_]+)\s*\}\}/#) where strings[String(key.1)] == nil {
            return "names the string \(key.1), which is not there"
        }
        return nil
    }

    /// A template with what it says in one language: a page does not look its sentences up.
    static func said(_ source: String, _ strings: Strings, _ language: Language) -> String {
        source.replacing(#/\{\{\s*t\.([A-Za-z0-9_]+)\s*\}\}/#) { named in
            Markup.escaped(strings[String(named.1)]?(language) ?? "")
        }
    }

    /// Whether there is a template `name`.
    func has(_ name: String) -> Bool { libraries[.en]?[name] != nil }

    /// The page as HTML.
    func draw(_ template: String, _ values: Values, for reader: Reader) -> String? {
        let page = Drawer.draw(template, of: libraries[reader.language] ?? [:], Shown(values, reader))
        return page.map { String(decoding: $0, as: UTF8.self) }
    }
}
