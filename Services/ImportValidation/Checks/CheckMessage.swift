import ImportValidationWire
import Sandbox
import Wire

/// What a record-level check itself says of a row that fails, in both languages; its script then only says that it fails.
struct CheckMessage: Sendable {
    private let text: Text?

    /// The message of a check; each language stands for the other where one alone is given.
    init(_ assist: DataValidationAssist) {
        let (english, korean) = (assist.message ?? "", assist.messageKo ?? "")
        guard !english.isEmpty || !korean.isEmpty else {
            text = nil
            return
        }
        text = Text(en: english.isEmpty ? korean : english, ko: korean.isEmpty ? english : korean)
    }

    /// What people read where a script gives `message`: the check's own in the place of none, and of the same sentence in one
    /// language; else what the script says. In English and in Korean, or once for both.
    fileprivate func texts(_ message: String) -> [String]? {
        guard let text, message.isEmpty || message == text.en || message == text.ko else {
            return message.isEmpty ? nil : [message]
        }
        return [text.en, text.ko]
    }
}

extension ScriptVerdict {
    /// What a script says together with the message of its check.
    enum Said: Sendable {
        case passed
        /// In English and in Korean, or once for both; and the column that the script names.
        case rejected([String], at: String?)
        case failed(ScriptFailure)
    }

    /// A row that fails without a message has that of the check; where it has none either, nobody would learn why.
    func said(by check: CheckMessage) -> Said {
        switch self {
        case .passed: .passed
        case .rejected(let message): .rejected(check.texts(message) ?? [message], at: nil)
        case .rejectedAt(let field, let message) where !message.allSatisfy(\.isWhitespace):
            .rejected(check.texts(message) ?? [message], at: field)
        case .rejectedAt(let field, _):
            check.texts("").map { .rejected($0, at: field) } ?? .failed(.withoutMessage)
        case .failed(let failure) where failure.kind == .noMessage:
            check.texts("").map { .rejected($0, at: nil) } ?? .failed(failure)
        case .failed(let failure): .failed(failure)
        }
    }
}
