import Foundation
import Hummingbird
import RPC
import Wire

/// What a handler answers.
enum Answer: Sendable {
    /// A page.
    case page(Page)
    /// A part of a page, for a script: a template and what it shows.
    case fragment(String, Values)
    /// Another page, after something was done or because this one is elsewhere: a path of the workspace.
    case moved(to: String)
    /// Another site, which a service has named: an issuer to sign in with.
    case away(to: String, cookies: [Cookie])
    /// Where somebody goes who has signed in or out, with the cookies that say so.
    case signedIn(to: String, cookies: [Cookie])
    /// Something that is no page, such as a file.
    case response(Response)
}

/// A page before it is drawn.
struct Page: Sendable {
    /// The name of its template.
    var template: String
    /// The title, in the reader's language.
    var title: String
    /// What it shows beside what every page shows.
    var values: Values
    var status: HTTPResponse.Status = .ok
    /// The way to it.
    var trail: [Crumb] = []
    /// What it hears of: the topic of its live stream; empty for the reader's notices alone.
    var live = ""
    /// What was searched for.
    var search = ""
}

/// A step of the way to a page.
struct Crumb: Sendable {
    let label: String
    let href: String

    /// As templates see it.
    var values: Values { ["label": label, "href": href] }
}

extension Problem {
    /// What is wrong with the field of that name; empty when nothing is.
    func fault(_ name: String, _ language: Language) -> String {
        violations.first { Self.name(of: $0.field) == name }?.text(language) ?? ""
    }

    /// The last part of a path: a form has fields of one record.
    static func name(of field: String) -> String { field.split(separator: ".").last.map { String($0) } ?? field }

    /// Whether it is an answer to what was asked, to be shown where it was asked, and not a failure.
    var isRefusal: Bool {
        ![.serviceUnavailable, .unauthorized].contains(status) && !code.isFault && code != .unimplemented
    }

    /// The status of a page that shows the problem. Whoever may not see something is told the same as of what is not there.
    var status: HTTPResponse.Status {
        switch code {
        case .notFound: .notFound
        case .permissionDenied: .forbidden
        case .unauthenticated: .unauthorized
        case .unavailable, .deadlineExceeded, .canceled: .serviceUnavailable
        case .resourceExhausted: .tooManyRequests
        case .invalidArgument, .outOfRange: .unprocessableContent
        case .alreadyExists, .aborted, .failedPrecondition: .conflict
        case .ok, .unknown, .unimplemented, .internalError, .dataLoss: .internalServerError
        }
    }
}
