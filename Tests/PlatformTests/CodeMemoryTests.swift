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

    /// What may be written, what was, and what is of no file stays.
    @Test func onlyWhatTheFileHasIsGivenBack() {
        func mapping(_ name: String, _ rights: String, anonymous: Int, _ path: String) -> String {
            """
            \(name)000-\(name)fff \(rights) 00001000 fe:00 1234   \(path)
            Size:                  4 kB
            Anonymous:             \(anonymous) kB
            VmFlags: rd mr mw me sd
            """
        }
        let maps = [
            mapping("1", "r--p", anonymous: 0, "/bin/service"), mapping("2", "r-xp", anonymous: 0, "/bin/service"),
            mapping("3", "r-xp", anonymous: 4, "/bin/service"), mapping("4", "r--p", anonymous: 8, "/bin/service"),
            mapping("5", "rw-p", anonymous: 0, "/bin/service"), mapping("6", "r--p", anonymous: 0, "[vvar]"),
            mapping("7", "r--p", anonymous: 0, ""), mapping("8", "r--s", anonymous: 0, "/bin/shared"),
        ].joined(separator: "\n")
        #expect(CodeMemory.ranges(maps) == [0x1000..<0x1fff, 0x2000..<0x2fff])
    }

    /// Kilobytes of files that this process has mapped.
    private func mappedFiles() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(Int(line.filter(\.isNumber)))
    }
}
