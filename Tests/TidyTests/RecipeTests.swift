import Foundation
import Testing

/// The recipes of CONTRIBUTING.md can be followed: every folder, file, command, suite, function and name of code that
/// they speak of is there.
@Suite struct RecipeTests {
    /// What the recipes make, and so is not there.
    private static let examples = [
        ("MeetingRoom", "[A-Z][A-Za-z]+"), ("meeting_rooms", "[a-z_]+"), ("meeting_room", "[a-z_]+"),
        ("000n", "[0-9]{4}"),
    ]

    /// The texts in backticks, each in one line.
    static func spans(in page: String) -> [String] {
        page.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }
            .map { $0.element.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }

    /// What somebody who follows the recipe looks for, and how it is found.
    enum Thing: Equatable {
        /// A file or folder; with `<…>` and the names of examples as patterns.
        case place(String)
        /// A target of the Makefile.
        case target(String)
        /// A function of the database's ground.
        case function(String)
        /// A type, suite, field or option in the code.
        case word(String)

        /// What a text in backticks names; nil for what is made, or names nothing that could be missing.
        init?(_ span: String) {
            if let target = span.wholeMatch(of: /make ([a-z-]+)/)?.1 {
                self = .target(String(target))
            } else if let call = span.wholeMatch(of: /SELECT [a-z_<>]+\.([a-z_]+)\(.*/)?.1 {
                self = .function(String(call))
            } else if let place = span.wholeMatch(of: /(?:python3 )?([A-Za-z0-9_.<>+-]+(?:\/[A-Za-z0-9_.<>+-]+)+)/)?.1 {
                self = .place(String(place))
            } else if span.wholeMatch(of: /[a-z]+(_[a-z]+)+|([A-Z][a-z]+){2,}/) != nil,
                !RecipeTests.examples.contains(where: { $0.0 == span })
            {
                self = .word(span)
            } else {
                return nil
            }
        }
    }

    private static let folders = Set(
        Repository.files.flatMap { file in
            let parts = file.folders.dropLast()
            return parts.indices.map { parts[...$0].joined(separator: "/") }
        })

    /// Whether a path, or what it is a pattern of, is there.
    static func isThere(_ place: String) throws -> Bool {
        var pattern = NSRegularExpression.escapedPattern(for: place)
            .replacing(/<[a-z]+>/.ignoresCase(), with: "[A-Za-z0-9_-]+")
        for (example, form) in examples { pattern = pattern.replacing(example, with: form) }
        let expression = try Regex(pattern)
        return folders.contains { $0.wholeMatch(of: expression) != nil }
            || Repository.files.contains { $0.path.wholeMatch(of: expression) != nil }
    }

    /// Whether a word stands in what people write, pages and these tests aside.
    private static func isUsed(_ word: String) -> Bool {
        Repository.files.contains { file in
            !file.path.hasSuffix(".md") && !file.path.hasPrefix("Tests/TidyTests/RecipeTests") && !file.isGenerated
                && file.text.contains(word)
        }
    }

    static func isMissing(_ thing: Thing) throws -> Bool {
        switch thing {
        case .place(let place): try !isThere(place)
        case .target(let target):
            Repository.text("Makefile")?.split(separator: "\n").contains { $0.hasPrefix("\(target):") } != true
        case .function(let name):
            !Repository.files.contains {
                $0.path.hasPrefix("Shared/Ground/Schema/") && $0.text.contains("FUNCTION {schema}.\(name)(")
            }
        case .word(let word):
            word.hasSuffix("Tests")
                ? !folders.contains("Tests/\(word)")
                    && !Repository.swift.contains { $0.text.contains("struct \(word) ") }
                : !isUsed(word)
        }
    }

    @Test func whatARecipeNamesIsThere() throws {
        let page = try #require(Repository.text("CONTRIBUTING.md"))
        let things = Self.spans(in: page).compactMap(Thing.init)
        let missing = try things.filter(Self.isMissing)
        #expect(missing.isEmpty, "CONTRIBUTING.md: \(missing)")
        func count(_ isKind: (Thing) -> Bool) -> Int { things.filter(isKind).count }
        #expect(count { if case .place = $0 { true } else { false } } > 40)
        #expect(count { if case .word = $0 { true } else { false } } > 40)
    }

    @Test func theCheckCatches() throws {
        let page = """
            Say `make proto`, `SELECT
            customer_success.make_record('a')`, `Services/<Name>/Schema/000n_<what>.sql`, `python3 Tools/generate/roles.py`,
            `Tests/CustomerSuccessTests`, `named_by`, `LeasedQueue`, `meeting_room`, `text` or `1/2 of it`.
            """
        let things = Self.spans(in: page).map(Thing.init)
        #expect(
            things == [
                .target("proto"), .function("make_record"), .place("Services/<Name>/Schema/000n_<what>.sql"),
                .place("Tools/generate/roles.py"), .place("Tests/CustomerSuccessTests"), .word("named_by"),
                .word("LeasedQueue"), nil, nil, nil,
            ])
        for thing in things.compactMap({ $0 }) { #expect(try !Self.isMissing(thing), "\(thing)") }
        for gone: Thing in [
            .target("prot"), .function("make_rec"), .place("Services/<Name>/Schemas/000n_<what>.sql"),
            .place("Tests/CustomerTests"), .place("Services/CustomerSuccess/MeetingRooms/a.swift"),
            .word("CustomerRoomTests"), .word("has_response_plates"),
        ] { #expect(try Self.isMissing(gone), "\(gone)") }
        #expect(try Self.isThere("Services/CustomerSuccess/MeetingRoom.swift"))
    }
}
