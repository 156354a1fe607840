/// Why a mail could not be made or handed over at all. What a server said about a recipient is a ``MailDelivery``.
public enum MailError: Error, Sendable, Hashable {
    /// A part of the message or of the configuration is not allowed: which, and why.
    case invalid(part: String, reason: String)
    /// Too many mails wait for the server; try again later.
    case overloaded
    /// The task that sent the mail was canceled. The mail may have been delivered all the same.
    case canceled
    /// The sender has been closed.
    case closed
}
