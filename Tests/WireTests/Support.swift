import Foundation
import TestKit
import Testing

@testable import Wire

/// The root of the repository, from the place of this file.
let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent()
    .deletingLastPathComponent()

/// A small deterministic generator (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Runs a command in the repository, with `input` on its standard input.
func run(_ arguments: [String], input: String = "") throws -> Command.Result {
    try Command.result(arguments, input: input, directory: repository.path, seconds: 120)
}

/// A new folder of its own, for the caller to remove.
func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("wire-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
}

/// The bytes of hexadecimal text.
func bytes(hex: some StringProtocol) -> [UInt8] {
    var out: [UInt8] = []
    var digits = Array(hex.utf8)[...]
    while digits.count >= 2 {
        let pair = String(decoding: digits.prefix(2), as: UTF8.self)
        out.append(UInt8(pair, radix: 16) ?? 0)
        digits = digits.dropFirst(2)
    }
    return out
}

/// Hexadecimal text of bytes.
func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// The error `body` throws.
func wireError(_ body: () throws -> Void) -> WireError? {
    do {
        try body()
        return nil
    } catch {
        return error as? WireError
    }
}
