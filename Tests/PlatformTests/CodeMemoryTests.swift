import Foundation
import Testing

@testable import Platform

@Suite struct CodeMemoryTests {
    /// A service runs on after it: `HostTests` start whole ones.
    @Test func codeIsGivenBackAndRunsOn() throws {
        let before = try mappedFiles()
        let code = CodeMemory.giveBackCode()
        let after = try mappedFiles()
        // Tests beside this one map theirs again at once, but not all that this large program has touched.
        #expect(code > 10 << 20)
        #expect(after < before)
    }

    /// Kilobytes of files that this process has mapped.
    private func mappedFiles() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(Int(line.filter(\.isNumber)))
    }
}
