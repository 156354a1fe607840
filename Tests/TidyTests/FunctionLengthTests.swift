import Testing

/// A function that needs more does several things.
@Suite struct FunctionLengthTests {
    static let limit = 60

    /// Functions, initialisers and subscripts with a body of more than the limit, brace to brace.
    static func findings(in file: SourceFile) -> [Finding] {
        let lines = Repository.code(of: file)
        var findings: [Finding] = []
        for (index, line) in lines.enumerated() where declaresFunction(line) {
            guard let length = bodyLength(lines, from: index), length > limit else { continue }
            findings.append(Finding(file.path, line: index + 1, "a function of \(length) lines; the limit is \(limit)"))
        }
        return findings
    }

    private static func declaresFunction(_ line: String) -> Bool {
        guard line.contains("func ") || line.contains("init") || line.contains("subscript") else { return false }
        guard !line.contains(".init") else { return false }  // a call
        let openings = ["init(", "init<", "init?", "subscript(", "subscript<"]
        return line.split { !$0.isLetter && !$0.isNumber && !"_(<?".contains($0) }.contains { word in
            word == "func" || openings.contains { word.hasPrefix($0) }
        }
    }

    /// Lines from the brace that opens the body to the one that closes it; nil for a requirement without a body.
    private static func bodyLength(_ lines: [String], from first: Int) -> Int? {
        var parentheses = 0
        var braces = 0
        var opened: Int?
        for index in first..<lines.count {
            if index > first, opened == nil, parentheses == 0, beginsAnotherDeclaration(lines[index]) { return nil }
            for byte in lines[index].utf8 {
                switch byte {
                case UInt8(ascii: "("): parentheses += 1
                case UInt8(ascii: ")"): parentheses -= 1
                case UInt8(ascii: "{") where parentheses == 0 || opened != nil:
                    braces += 1
                    opened = opened ?? index
                case UInt8(ascii: "}") where parentheses == 0 || opened != nil:
                    braces -= 1
                    if let opened, braces == 0 { return index - opened + 1 }
                    if braces < 0 { return nil }
                default: break
                }
            }
        }
        return nil
    }

    private static func beginsAnotherDeclaration(_ line: String) -> Bool {
        let words: Set<Substring> = [
            "func", "var", "let", "init", "static", "public", "private", "mutating", "associatedtype", "subscript",
            "case",
        ]
        guard let word = line.split(whereSeparator: { $0 == " " || $0 == "(" }).first else { return false }
        return words.contains(word) || word.hasPrefix("@")
    }

    @Test func noFunctionIsTooLong() {
        let findings = Repository.swift.flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test(arguments: [
        "func f(a: () -> Void = {})\n    throws -> Int", "public init?(x: Int)", "subscript(i: Int) -> Int",
    ])
    func theCheckCatches(declaration: String) {
        func source(_ lines: Int) -> SourceFile {
            let body = String(repeating: "    a(\"}\") // }\n", count: lines - 2)
            return SourceFile(path: "a.swift", text: "struct S {\n\(declaration) {\n\(body)}\n}\n")
        }
        #expect(Self.findings(in: source(60)).isEmpty)
        #expect(Self.findings(in: source(61)).count == 1)
    }

    @Test func aRequirementHasNoBody() {
        let body = String(repeating: "    var a: Int { 1 }\n", count: 80)
        let text = "protocol P {\n    func f() async throws\n}\nstruct S {\n\(body)}\n"
        #expect(Self.findings(in: SourceFile(path: "a.swift", text: text)).isEmpty)
    }
}
