import Foundation
import Platform
import Sandbox

/// What import-validation is configured by beyond the platform's keys.
struct ImportSettings: Sendable {
    /// Where uploaded files are kept. Instances of the service share it.
    let filesDirectory: String
    /// The program that runs record-level checks.
    let scriptWorker: String
    /// How large a file may be (G-112).
    let limits: ImportLimits
    /// How many runs are worked on at once.
    let workers: Int

    /// The uploaded files, and how they are read.
    var files: UploadFiles { UploadFiles(directory: filesDirectory, limits: limits.reader) }

    init(_ settings: Settings) throws {
        filesDirectory = try settings.required("ale.files.directory")
        limits = try ImportLimits(settings)
        workers = try settings.int("ale.import.workers", default: 2, in: 1...32)
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
