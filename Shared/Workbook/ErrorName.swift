/// What spreadsheets write, as a text, for a cell that shows an error: into text files, and programs that know of no errors
/// as the text of a formula.
enum ErrorName {
    /// In the languages in which they are called otherwise, in capitals.
    private static let all: Set<String> = [
        "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
        "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#GETTING_DATA", "#PYTHON!", "#EXTERNAL!", "#TIMEOUT!", "#ERROR!",
        // German, Dutch, Danish, Norwegian, Swedish, Finnish
        "#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ÜBERLAUF!", "#N/B", "#VERW!", "#WAARDE!", "#NAAM?", "#GETAL!", "#LEEG!",
        "#DEEL/0!", "#I/T", "#REFERENCE!", "#VÆRDI!", "#NAVN?", "#NUL!", "#VERDI!", "#SAKNAS!", "#REFERENS!",
        "#VÄRDEFEL!",
        "#DIVISION/0!", "#NAMN?", "#OGILTIGT!", "#SKÄRNING!", "#PUUTTUU!", "#VIITTAUS!", "#ARVO!", "#JAKO/0!", "#NIMI?",
        "#LUKU!", "#TYHJÄ!",
        // French, Spanish, Italian, Portuguese
        "#VALEUR!", "#NOM?", "#NOMBRE!", "#N/D", "#¡REF!", "#¡VALOR!", "#¡DIV/0!", "#¿NOMBRE?", "#¡NUM!", "#¡NULO!",
        "#RIF!",
        "#VALORE!", "#NOME?", "#VALOR!", "#NÚM!", "#NULO!",
        // Polish, Czech, Hungarian, Russian, Turkish
        "#N/D!", "#ADR!", "#ARG!", "#NAZWA?", "#LICZBA!", "#ZERO!", "#DZIEL/0!", "#ODKAZ!", "#HODNOTA!", "#NÁZEV?",
        "#ČÍSLO!",
        "#HIÁNYZIK", "#HIV!", "#ÉRTÉK!", "#ZÉRÓOSZTÓ!", "#NÉV?", "#SZÁM!", "#NULLA!", "#Н/Д", "#ССЫЛКА!", "#ЗНАЧ!",
        "#ДЕЛ/0!",
        "#ИМЯ?", "#ЧИСЛО!", "#ПУСТО!", "#YOK", "#BAŞV!", "#DEĞER!", "#SAYI/0!", "#AD?", "#SAYI!", "#BOŞ!",
    ]
    private static let longest = 24
    private static let sign = UInt8(ascii: "#")

    /// Whether what stands from a place of the bytes to their end is one.
    static func isWritten(in bytes: [UInt8], from start: Int) -> Bool {
        bytes.withUnsafeBufferPointer { isWritten(in: UnsafeBufferPointer(rebasing: $0[start...])) }
    }

    /// Whether a text is the name of an error and nothing else. Signs alone are what a column shows that is too narrow for
    /// its number, and `Err:502` what LibreOffice does.
    static func isWritten(in text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = text.first, first == sign || first == UInt8(ascii: "E") || first == 0x20 else { return false }
        var name = text[...]
        while name.first == 0x20 { name = name.dropFirst() }
        while let last = name.last, last <= 0x20 { name = name.dropLast() }
        if name.starts(with: "Err:".utf8) {
            return name.count == 7 && name.dropFirst(4).allSatisfy { (0x30...0x39).contains($0) }
        }
        guard name.first == sign, name.count > 2 else { return false }
        if name.allSatisfy({ $0 == sign }) { return true }
        guard name.count <= longest else { return false }
        let word = String(decoding: name, as: UTF8.self)
        return all.contains(word.uppercased()) || isCalled(word)
    }

    /// Whether a word looks like the name of an error in whatever language: newer ones, such as `#분산!` and `#BLOCKIERT!`, have
    /// names of their own in most.
    private static func isCalled(_ word: String) -> Bool {
        let letters = word.unicodeScalars.dropFirst().dropLast()
        return word.hasSuffix("!") && letters.count > 1
            && letters.allSatisfy { $0.properties.isAlphabetic && !$0.properties.isLowercase }
    }
}
