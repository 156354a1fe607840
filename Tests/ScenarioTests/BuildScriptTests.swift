import CampaignKit
import Foundation
import TestKit
import Testing

/// `Tools/build.sh` says why a build will take long though nothing was changed in the checkout.
@Suite struct BuildScriptTests {
    /// A checkout in which the last build has read `header`, with a compiler that does nothing. No file that was just
    /// written is carried out: a process that another test starts meanwhile may still hold it open for writing, and then
    /// the system refuses to run it ("Text file busy").
    private static func checkout(reading header: String) throws -> String {
        let folder = "/tmp/ale-build-\(UUID().uuidString)"
        let manager = FileManager.default
        for part in ["Tools", "bin", ".build/debug/A.build"] {
            try manager.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
        }
        try manager.copyItem(atPath: "\(ScenarioStack.root)/Tools/build.sh", toPath: "\(folder)/Tools/build.sh")
        try manager.createSymbolicLink(atPath: "\(folder)/bin/swift", withDestinationPath: "/bin/true")
        try "a.o : \(folder)/a.swift \(header)\n".write(
            toFile: "\(folder)/.build/debug/A.build/a.d", atomically: true, encoding: .utf8)
        return folder
    }

    private static func build(_ folder: String) async throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try await Command.run(
            "/bin/bash", ["\(folder)/Tools/build.sh", "debug"], environment: ["PATH": "\(folder)/bin:\(path)"])
    }

    @Test func anUpdateOfTheSystemIsNamedOnce() async throws {
        let header = "/tmp/ale-header-\(UUID().uuidString).h"
        try "1".write(toFile: header, atomically: true, encoding: .utf8)
        let folder = try Self.checkout(reading: header)
        defer {
            try? FileManager.default.removeItem(atPath: folder)
            try? FileManager.default.removeItem(atPath: header)
        }
        #expect(try await Self.build(folder).isEmpty, "the first build has nothing to compare with")
        #expect(try await Self.build(folder).isEmpty, "nothing was changed")
        try "2".write(toFile: header, atomically: true, encoding: .utf8)
        #expect(try await Self.build(folder).contains(header))
        #expect(try await Self.build(folder).isEmpty, "it was built since")
        try FileManager.default.removeItem(atPath: header)
        #expect(try await Self.build(folder).contains("updated"), "the header is gone")
    }
}
