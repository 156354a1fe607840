extension CheckedFilter {
    /// Whether no row can meet both filters. False when it cannot be told: only what each of them says of single fields, by
    /// equality and presence, is compared.
    public func excludes(_ other: CheckedFilter) -> Bool {
        let others = Claims.alternatives(of: other.condition)
        return Claims.alternatives(of: condition).allSatisfy { claims in
            others.allSatisfy { claims.and($0).isImpossible }
        }
    }
}

/// What a condition says for certain of the fields of every row that meets it.
private struct Claims {
    /// What a field can be.
    private struct Claim {
        /// The only values it can have; nil when it may have any.
        var values: Set<FilterValue>?
        /// Values that it cannot have.
        var others: Set<FilterValue> = []
        /// Whether it must be there, must not be, or either.
        var isPresent: Bool?

        var isImpossible: Bool {
            if let values, values.subtracting(others).isEmpty { return true }
            return isPresent == false && values != nil
        }
    }

    private var fields: [String: Claim] = [:]
    private(set) var isImpossible = false

    /// Most alternatives that are looked at; a condition with more says nothing.
    private static let limit = 200

    /// What a row that meets a condition is like, one way or another.
    static func alternatives(of condition: Condition, isNegated: Bool = false) -> [Claims] {
        switch condition {
        case .not(let part): return alternatives(of: part, isNegated: !isNegated)
        case .test(let field, let test):
            var claims = Claims()
            claims.say(field, test, isNegated: isNegated)
            return [claims]
        case .all(let parts) where !isNegated, .any(let parts) where isNegated:
            return parts.reduce([Claims()]) { known, part in
                let more = alternatives(of: part, isNegated: isNegated)
                guard known.count * more.count <= limit else { return [Claims()] }
                return known.flatMap { claims in more.map(claims.and) }
            }
        case .all(let parts), .any(let parts):
            let all = parts.flatMap { alternatives(of: $0, isNegated: isNegated) }
            return all.count <= limit ? all : [Claims()]
        }
    }

    private init() {}

    /// Texts are compared as they are folded, so that each has one form.
    private mutating func say(_ field: FilterField, _ test: Condition.Test, isNegated: Bool) {
        var claim = Claim()
        switch test {
        case .never:
            isImpossible = !isNegated
            return
        case .present: claim.isPresent = !isNegated
        case .compare(.equal, let value), .compare(.notEqual, let value):
            if (test == .compare(.equal, value)) != isNegated { claim.values = [value] } else { claim.others = [value] }
        case .alike(let pattern) where pattern.isWhole:
            if isNegated { claim.others = [.string(pattern.core)] } else { claim.values = [.string(pattern.core)] }
        default: return
        }
        // An empty text counts as no value: only for presence, which is a claim of its own.
        if claim.values?.contains(.string("")) == true { return }
        fields[field.name] = claim
        isImpossible = claim.isImpossible
    }

    func and(_ other: Claims) -> Claims {
        var both = self
        both.isImpossible = isImpossible || other.isImpossible
        for (name, claim) in other.fields {
            guard var known = both.fields[name] else {
                both.fields[name] = claim
                continue
            }
            known.values =
                known.values.map { values in claim.values.map(values.intersection) ?? values } ?? claim.values
            known.others.formUnion(claim.others)
            if let first = known.isPresent, let second = claim.isPresent, first != second { both.isImpossible = true }
            known.isPresent = known.isPresent ?? claim.isPresent
            both.fields[name] = known
            both.isImpossible = both.isImpossible || known.isImpossible
        }
        return both
    }
}
