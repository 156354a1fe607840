import Foundation

/// Turns bytes of a code page into UTF-8, piece by piece, and takes no byte that the code page does not have.
final class CodePage {
    private let handle: iconv_t

    /// Nil where the system does not know the encoding.
    init?(_ encoding: TextEncoding) {
        guard let opened = iconv_open("UTF-8", encoding.iconvName), Int(bitPattern: opened) != -1 else { return nil }
        handle = opened
    }

    deinit { iconv_close(handle) }

    /// What a piece of bytes came to.
    struct Piece {
        /// UTF-8.
        var text: [UInt8] = []
        /// Bytes read; behind them stands the beginning of a character, or one that does not exist.
        var used = 0
        /// Whether a byte sequence was met that stands for nothing.
        var isBroken = false
    }

    func decode(_ bytes: ArraySlice<UInt8>) -> Piece {
        var piece = Piece()
        var source = Array(bytes)
        // No code page's byte makes more than three bytes of UTF-8, save pairs that GB18030 and Big5 make of two.
        piece.text = [UInt8](repeating: 0, count: source.count * 4 + 16)
        var left = source.count
        var room = piece.text.count
        let capacity = room
        let failure = source.withUnsafeMutableBytes { input in
            piece.text.withUnsafeMutableBytes { output -> Int32 in
                var from = input.baseAddress?.assumingMemoryBound(to: CChar.self)
                var to = output.baseAddress?.assumingMemoryBound(to: CChar.self)
                let result = iconv(handle, &from, &left, &to, &room)
                return result == -1 ? errno : 0
            }
        }
        piece.text.removeLast(room)
        piece.used = bytes.count - left
        piece.isBroken = failure == EILSEQ
        assert(capacity >= room)
        return piece
    }

    /// All of the bytes as text; nil when they are not wholly of the code page.
    func text(_ bytes: [UInt8]) -> String? {
        // Where an earlier text ended inside a character, iconv would go on from there.
        iconv(handle, nil, nil, nil, nil)
        let piece = decode(bytes[...])
        guard !piece.isBroken, piece.used == bytes.count else { return nil }
        return String(validating: piece.text + rest(), as: UTF8.self)
    }

    /// The last letter, which is held back where a mark behind it would change it, as in Hebrew and Vietnamese. To be asked
    /// for at the end.
    func rest() -> [UInt8] {
        var letters = [UInt8](repeating: 0, count: 64)
        var room = letters.count
        letters.withUnsafeMutableBytes { output in
            var to = output.baseAddress?.assumingMemoryBound(to: CChar.self)
            _ = iconv(handle, nil, nil, &to, &room)
        }
        return letters.dropLast(room)
    }
}
