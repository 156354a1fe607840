import RPC
import Synchronization
import Wire

/// A small file that was posted with a form, as a whole: what a service takes in one request, such as a template.
struct TakenFile: Sendable {
    /// The most bytes of one.
    static let limit = 512 * 1_024

    let name: String
    let content: [UInt8]
}

/// Where the parts of a small file come together.
final class TakenParts: Sendable {
    private let parts = Mutex<(name: String, content: [UInt8])>(("", []))

    /// The end to which the parts are handed on; a file that is too large is refused before it has come.
    var target: FileReceiver.Target {
        FileReceiver.Target(
            begin: { (file) async throws(Problem) in
                guard file.size <= Int64(TakenFile.limit) else { throw Self.tooLarge }
                self.parts.withLock { $0 = (file.name, []) }
                return ""
            },
            append: { (_, _, content) async throws(Problem) in self.parts.withLock { $0.content += content } },
            complete: { (_) async throws(Problem) in })
    }

    var file: TakenFile { parts.withLock { TakenFile(name: $0.name, content: $0.content) } }

    /// Whether a problem is about the file, and is said on the page that it was chosen on.
    static func isSaid(_ problem: Problem) -> Bool {
        ["NO_FILE", "ONE_FILE", tooLarge.reason].contains(problem.reason)
    }

    private static let tooLarge = Problem(
        .invalidArgument, Text(en: "The file may have at most 512 KB.", ko: "파일은 512KB를 넘을 수 없습니다."),
        reason: "FILE_TOO_LARGE")
}
