import Foundation
import Hummingbird
import Platform

/// The style sheet, the script and pictures, under addresses that change with their content, so that browsers keep them
/// for good.
struct Assets: Sendable {
    private struct Asset: Sendable {
        let content: ByteBuffer
        let type: String
    }

    private static let types = [
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
        "png": "image/png", "woff2": "font/woff2",
    ]

    private let assets: [String: Asset]
    /// `css` and `js`, as templates name them.
    let addresses: [String: any Sendable]

    /// Reads what lies in the folder of the design.
    init(folder: URL) throws {
        var assets: [String: Asset] = [:]
        var addresses: [String: any Sendable] = [:]
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        for file in files {
            guard let type = Self.types[file.pathExtension] else { continue }
            let content = try Data(contentsOf: file)
            let stem = file.deletingPathExtension().lastPathComponent
            let name = "\(stem).\(Secrets.mark(of: content)).\(file.pathExtension)"
            assets[name] = Asset(content: ByteBuffer(bytes: content), type: type)
            addresses[stem == "workspace" ? file.pathExtension : stem] = "/assets/\(name)"
        }
        self.assets = assets
        self.addresses = addresses
    }

    /// The file of that name; nil when there is none.
    func response(_ name: String) -> Response? {
        assets[name].map { asset in
            Response(
                status: .ok,
                headers: [.contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable"],
                body: .init(byteBuffer: asset.content))
        }
    }
}
