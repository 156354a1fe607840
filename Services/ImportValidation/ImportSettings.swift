import Foundation
import Platform
import Sandbox

/// What import-validation is configured by beyond the platform's keys.
struct ImportSettings: Sendable {
    /// Where uploaded files are kept. Instances of the service share it.
    let filesDirectory: String
    /// The program that runs record-level checks.
    let scriptWorker: String
    /// The largest file, in bytes (G-112).
    let uploadLimit: Int64
    /// How many runs are worked on at once.
    let workers: Int
    /// Days that published rows are kept after their task was closed (G-67, G-133).
    let backupDays: Int

    init(_ settings: Settings) throws {
        filesDirectory = try settings.required("ale.files.directory")
        uploadLimit = Int64(try settings.int("ale.upload.limit.bytes", default: 256 << 20, in: 1_024...(4 << 30)))
        workers = try settings.int("ale.import.workers", default: 2, in: 1...32)
        backupDays = try settings.int("ale.backup.days", default: 1, in: 1...3_650)
        guard let worker = settings.optional("ale.script.worker") ?? ScriptWorker.executableBesideThisOne(),
            FileManager.default.isExecutableFile(atPath: worker)
        else {
            throw ConfigurationError(
                "ALE_SCRIPT_WORKER must name the program script-worker, which is not beside this one.")
        }
        scriptWorker = worker
        do {
            try FileManager.default.createDirectory(
                atPath: filesDirectory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ConfigurationError("ALE_FILES_DIRECTORY is \(filesDirectory), which cannot be made: \(error)")
        }
        guard FileManager.default.isWritableFile(atPath: filesDirectory) else {
            throw ConfigurationError("ALE_FILES_DIRECTORY is \(filesDirectory), which cannot be written to.")
        }
    }
}
