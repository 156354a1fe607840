import Foundation
import Korean
import OnboardingWire
import RPC
import Wire

/// Which passwords are taken (NIST 800-63B, 3.1.1): long enough, and not those that are tried first. What they are made of
/// is everybody's own choice.
enum PasswordRules {
    /// Characters: code points of the composed text.
    static let lengths = 8...128

    private static let common: Set<String> = {
        let file = Bundle.module.url(forResource: "common_passwords", withExtension: "txt")
        let text = file.flatMap { try? String(contentsOf: $0, encoding: .utf8) } ?? ""
        return Set(text.split(separator: "\n").map(String.init))
    }()

    /// Refuses a password for `user`; `field` is what the request calls it.
    static func check(_ password: String, of user: User, field: some RequestField) throws(Problem) {
        if let (rule, text) = fault(of: password, user) { throw .invalid(field: field, text, rule: rule) }
    }

    /// Whether it could be a password at all: what is longer is not hashed.
    static func isPossible(_ password: String) -> Bool {
        password.utf8.count <= lengths.upperBound * 4 && count(password) <= lengths.upperBound
    }

    private static func count(_ password: String) -> Int {
        password.precomposedStringWithCanonicalMapping.unicodeScalars.count
    }

    private static func fault(of password: String, _ user: User) -> (rule: String, text: Text)? {
        guard isPossible(password) else {
            return (
                "PASSWORD_TOO_LONG",
                Text(
                    en: "The password has more than \(lengths.upperBound) characters.",
                    ko: "비밀번호는 \(grouped: lengths.upperBound)자를 넘을 수 없습니다.")
            )
        }
        guard count(password) >= lengths.lowerBound else {
            return (
                "PASSWORD_TOO_SHORT",
                Text(
                    en: "The password has fewer than \(lengths.lowerBound) characters.",
                    ko: "비밀번호는 \(grouped: lengths.lowerBound)자 이상이어야 합니다.")
            )
        }
        let folded = fold(password)
        if common.contains(folded) || Set(folded).count == 1 {
            return (
                "PASSWORD_TOO_COMMON",
                Text(
                    en: "Many people use this password, so it is tried first. Choose another.",
                    ko: "많은 사람이 사용하는 비밀번호라 쉽게 추측됩니다. 다른 비밀번호를 선택하세요.")
            )
        }
        guard isPersonal(folded, user) else { return nil }
        return (
            "PASSWORD_PERSONAL",
            Text(
                en: "The password is made of the name or the e-mail address. Choose another.",
                ko: "이름이나 이메일 주소로 만든 비밀번호입니다. 다른 비밀번호를 선택하세요.")
        )
    }

    /// Whether fewer than four characters are left when name and address are taken away.
    private static func isPersonal(_ folded: String, _ user: User) -> Bool {
        let email = fold(user.email ?? "")
        let name = fold(user.name ?? "")
        let words =
            [email, name] + email.split(separator: "@").map(String.init) + name.split(separator: " ").map(String.init)
        let left = words.filter { $0.count >= 3 }.sorted { $0.count > $1.count }
            .reduce(folded) { $0.replacingOccurrences(of: $1, with: "") }
        return left != folded && left.filter { !$0.isWhitespace }.count < 4
    }

    private static func fold(_ text: String) -> String { text.precomposedStringWithCanonicalMapping.lowercased() }
}
