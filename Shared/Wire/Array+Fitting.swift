extension Array {
    /// As many elements from the start as have at most `limit` bytes together, by what `bytes` says of each; at least one of
    /// any. What one message carries is cut to size by it.
    public func fitting(_ limit: Int, _ bytes: (Element) throws -> Int) rethrows -> [Element] {
        var total = 0
        let end = try firstIndex { element in
            total += try bytes(element)
            return total > limit
        }
        return Array(prefix(Swift.max(end ?? count, 1)))
    }
}
