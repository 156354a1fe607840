import Gzip
import HTTPTypes
import Hummingbird

/// What goes over the line compressed: pages, parts of them, and the files they are drawn with; no streams, whose events would
/// wait, and no files of people, which mostly are compressed already.
enum Compression {
    /// Whether the answer to a request goes compressed. How small a page becomes says something of what stands on it beside
    /// what its address brought (BREACH): what another site makes a browser ask for goes as it is.
    static func isWanted(_ headers: HTTPFields) -> Bool {
        if let name = HTTPFieldName.fetchSite, let from = headers[name], from != "same-origin", from != "none" {
            return false
        }
        return isAccepted(headers)
    }

    /// Whether the browser takes gzip (RFC 9110, 12.5.3).
    static func isAccepted(_ headers: HTTPFields) -> Bool {
        let offers = (headers[.acceptEncoding] ?? "").split(separator: ",").map { offer in
            let parts = offer.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            return (name: parts.first ?? "", isTaken: (weight ?? 1) > 0)
        }
        let own = offers.first { $0.name == "gzip" } ?? offers.first { $0.name == "*" }
        return own?.isTaken ?? false
    }

    /// A page as it goes out.
    static func response(_ text: String, _ status: HTTPResponse.Status, isCompressed: Bool) -> Response {
        var headers: HTTPFields = [.contentType: "text/html; charset=utf-8", .vary: "Accept-Encoding"]
        guard isCompressed, !text.isEmpty, let bytes = Gzip.compressed(text, .quick) else {
            return Response(
                status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
        }
        headers[.contentEncoding] = "gzip"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
