import Wire

/// How a message's content is written.
public enum PayloadFormat: Sendable, Equatable {
    /// Protocol buffers' binary form.
    case protobuf
    /// Protocol buffers' JSON form.
    case json

    /// The form of a request, told by its `Content-Type` first and by its content second.
    ///
    /// * `application/json`, in any case and with any parameters, is JSON, whatever the content looks like: what is wrong
    ///   with it is then said in words of JSON.
    /// * No proto3 message begins with `{` or `[` (they would open a group) or with the byte order mark of UTF-8 (a wire
    ///   type that does not exist), so these are JSON.
    /// * White space before a `{` is JSON too, unless the bytes are a well-formed message: a line feed is also the tag of
    ///   field 1. Who sends such messages in binary loses nothing; who sends JSON can always say so.
    /// * An empty payload is a valid binary message, and everything else can be one.
    init(payload: [UInt8], contentType: String?) {
        let type = contentType.map(Self.mediaType)
        guard type != "application/json", type?.hasSuffix("+json") != true else {
            self = .json
            return
        }
        let space: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        guard let start = payload.firstIndex(where: { !space.contains($0) }) else {
            self = .protobuf
            return
        }
        let beginsJSON = [UInt8(ascii: "{"), UInt8(ascii: "["), 0xEF].contains(payload[start])
        if start == 0 {
            self = beginsJSON ? .json : .protobuf
        } else {
            let isBinary = type?.hasPrefix("application/") == true || ProtobufOutline.isWellFormed(payload)
            self = beginsJSON && !isBinary ? .json : .protobuf
        }
    }

    /// `application/json` of `Application/JSON; charset=utf-8` (RFC 9110, 8.3.1).
    private static func mediaType(_ header: String) -> String {
        let type = header.prefix { $0 != ";" }
        return type.filter { !$0.isWhitespace }.lowercased()
    }

    func encode(_ message: some Message) throws(WireError) -> [UInt8] {
        switch self {
        case .protobuf: try message.encodeProtobuf()
        case .json: try message.encodeJSON()
        }
    }
}
