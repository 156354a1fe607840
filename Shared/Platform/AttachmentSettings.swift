import Records

extension Settings {
    /// What a service takes as attachments of its records (G-121).
    public func attachmentBounds() throws(ConfigurationError) -> AttachmentBounds {
        let standard = AttachmentBounds.standard
        let sizes = 1_024...(256 << 20)
        let bytes = try int("ale.attachment.limit.bytes", default: Int(standard.bytes), in: sizes)
        guard let text = optional("ale.attachment.kinds") else {
            return AttachmentBounds(bytes: Int64(bytes), kinds: standard.kinds)
        }
        var kinds: Set<AttachmentKind> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = AttachmentKind(rawValue: String(word)) else {
                let known = AttachmentKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ConfigurationError(
                    "ALE_ATTACHMENT_KINDS is \(text); it must be some of these, separated by commas: \(known).")
            }
            kinds.insert(kind)
        }
        return AttachmentBounds(bytes: Int64(bytes), kinds: kinds)
    }
}
