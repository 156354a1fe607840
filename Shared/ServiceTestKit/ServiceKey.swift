import Foundation
import Identity

/// A key that a service signs its tokens with, made for one test process.
public struct ServiceKey: Sendable {
    /// Signs with it.
    public let issuer: Issuer
    /// The public half, for who verifies.
    public let keySetFile: String

    /// A new key in files of its own.
    public static func make() async throws -> ServiceKey {
        let folder = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (key, keySet) = (folder.appending(path: "key").path, folder.appending(path: "jwks.json").path)
        try Issuer.generateKey(keyFile: key, keySetFile: keySet)
        return ServiceKey(issuer: try await Issuer(keyFile: key), keySetFile: keySet)
    }
}
