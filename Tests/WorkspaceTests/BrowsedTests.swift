import Foundation
import Testing

@testable import WorkspaceService

/// The list of addresses by which the browser tests know whether each page was opened and looked at.
@Suite struct BrowsedTests {
    /// Every address that is read, as the program has it: a page of a new folder has its line, and a browser opens it.
    @Test func everyAddressIsListed() async throws {
        let routes = try Bench().site.router().routes.filter { $0.method == .get }.map { route in
            let pattern = "\(route.path)".replacing(#/{([^}]*)}/#) { ":\($0.output.1)" }
            return pattern.hasPrefix("/") ? pattern : "/\(pattern)"
        }
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let list = try String(contentsOf: folder.appendingPathComponent("Browser/addresses.tsv"), encoding: .utf8)
        let lines = list.split(separator: "\n").dropFirst().map { $0.split(separator: "\t").map { String($0) } }
        let listed = lines.map { $0[0] }
        #expect(Set(routes).subtracting(listed).sorted() == [], "say in Tests/Browser/addresses.tsv what these are")
        #expect(Set(listed).subtracting(routes).sorted() == [], "these are no addresses any more")
        #expect(listed == listed.sorted() && Set(listed).count == listed.count)
        #expect(Set(lines.map { $0[1] }) == ["page", "part"])
    }
}
