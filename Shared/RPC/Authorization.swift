/// What the `Authorization` headers of a request say (RFC 6750, 2.1).
///
/// The header is one value, not a list (RFC 9110, 11.6.2 and 5.3). An empty one says nothing and another scheme proves
/// nothing here, so both are passed over, and the same token sent twice is one token. Two different tokens are refused:
/// whichever were taken, a party between could have meant the other.
struct Authorization {
    /// The token; nil when there is none, or more than one.
    let bearer: String?
    /// Whether there are several tokens.
    let isAmbiguous: Bool

    init(_ headers: Headers) {
        var tokens: Set<String> = []
        for value in headers.values(HeaderName.authorization) {
            let words = value.split(separator: " ", maxSplits: 1)
            guard words.count == 2, words[0].lowercased() == "bearer" else { continue }
            let token = words[1].drop { $0 == " " }
            if !token.isEmpty { tokens.insert(String(token)) }
        }
        isAmbiguous = tokens.count > 1
        bearer = isAmbiguous ? nil : tokens.first
    }
}
