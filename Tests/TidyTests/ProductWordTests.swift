import Foundation
import Testing

/// What all services stand on speaks of no single product: records of a service are not named there, be it in a text for
/// people or in a comment.
@Suite struct ProductWordTests {
    private static let modules = ["Records", "Ground", "Events", "Work", "Playbooks", "RecommendedActions"]

    /// The records that the ground is about itself: who calls, and where data lies.
    private static let own: Set = ["user", "role_grant", "domain"]

    /// Names of tables, with blanks as people say them, and in the plural; `inPage` also as types, as examples have them.
    static func expression(of tables: [String], inPage: Bool = false) throws -> NSRegularExpression {
        let names = tables.filter { !own.contains($0) }.map { $0.replacing("_", with: inPage ? "[_ ]?" : "[_ ]") }
        return try NSRegularExpression(
            pattern: "(?<![A-Za-z_])(?:\(names.joined(separator: "|")))s?(?![A-Za-z_])", options: .caseInsensitive)
    }

    static func findings(in file: SourceFile, _ expression: NSRegularExpression) -> [Finding] {
        file.lines.enumerated().flatMap { index, line in
            let text = String(line)
            return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).compactMap { match in
                Range(match.range, in: text).map {
                    Finding(file.path, line: index + 1, "\(text[$0]) is a record of a service")
                }
            }
        }
    }

    @Test func theGroundNamesNoRecordOfAService() throws {
        let expression = try Self.expression(of: ProtoRecord.all.map(\.table))
        let files = Repository.swift.filter { file in
            Self.modules.contains { file.path.hasPrefix("Shared/\($0)/") }
        }
        #expect(files.count > 60)
        let findings = files.flatMap { Self.findings(in: $0, expression) }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    /// The page of Playbooks shows a part of a file that ships.
    @Test func neitherDoItsPages() throws {
        let expression = try Self.expression(of: ProtoRecord.all.map(\.table), inPage: true)
        let pages = Repository.files.filter { file in
            file.path.hasSuffix(".md")
                && Self.modules.contains { $0 != "Playbooks" && file.path.hasPrefix("Shared/\($0)/") }
        }
        #expect(pages.count >= 4)
        let findings = pages.flatMap { Self.findings(in: $0, expression) }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() throws {
        let page = try Self.expression(of: ["success_milestone"], inPage: true)
        let example = SourceFile(
            path: "Shared/Records/README.md", text: "let jobs = [SuccessMilestone.missOverdue(database)]")
        #expect(Self.findings(in: example, page).count == 1)
        let expression = try Self.expression(of: ["touchpoint", "onboarding_case", "user"])
        func count(_ line: String) -> Int {
            Self.findings(in: SourceFile(path: "Shared/Records/A.swift", text: line), expression).count
        }
        #expect(count("/// As for Touchpoints of the onboarding case.") == 2)
        #expect(count(#"let table = "onboarding_case""#) == 1)
        #expect(count("let user = onboardingCase") == 0)
    }
}
