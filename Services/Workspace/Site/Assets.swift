import Foundation
import Gzip
import HTTPTypes
import Hummingbird
import Platform

/// The style sheet, the script and pictures, under addresses that change with their content, so that browsers keep them
/// for good.
struct Assets: Sendable {
    private struct Asset: Sendable {
        let content: ByteBuffer
        /// The same compressed, once; nil for pictures that are compressed already.
        let compressed: ByteBuffer?
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
            let isText = !["png", "woff2"].contains(file.pathExtension)
            assets[name] = Asset(
                content: ByteBuffer(bytes: content),
                compressed: isText
                    ? content.withUnsafeBytes { Gzip.compressed($0, .thorough) }.map { ByteBuffer(bytes: $0) } : nil,
                type: type)
            addresses[stem == "workspace" ? file.pathExtension : stem] = "/assets/\(name)"
        }
        self.assets = assets
        self.addresses = addresses
    }

    /// The file of that name, compressed where the browser takes that; nil when there is none.
    func response(_ name: String, _ request: HTTPFields) -> Response? {
        assets[name].map { asset in
            var headers: HTTPFields = [
                .contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable",
                .vary: "Accept-Encoding",
            ]
            let compressed = Compression.isAccepted(request) ? asset.compressed : nil
            if compressed != nil { headers[.contentEncoding] = "gzip" }
            return Response(
                status: .ok, headers: headers, body: .init(byteBuffer: compressed ?? asset.content))
        }
    }
}
