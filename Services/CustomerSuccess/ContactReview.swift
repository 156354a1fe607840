import CustomerSuccessWire
import Records
import Wire

/// Touchpoints that ask who is responsible at the customer (F-17): closing one reviews the key customer contact of its
/// engagement.
extension Touchpoint {
    /// There is nothing to review by without somebody who was named.
    static let contactIsConfirmed = Rule<Touchpoint>.check(
        "F-17", field: .contact,
        Text(
            en: "Choose the contact that was confirmed before you close this touchpoint.",
            ko: "접점을 종결하기 전에 확인된 연락처를 선택하세요.")
    ) { change, _ in !confirms(change) || change.new.contact != nil }

    /// Whoever is the contact of the touchpoint when it is closed is the key customer contact from then on, and the engagement
    /// says when that was looked at last. One that has ended stays as it is.
    static let reviewsKeyContact = Rule<Touchpoint>.after("F-17") { change, context in
        guard confirms(change), let contact = change.new.contact,
            let engagement = try context.find(Engagement.self, change.new.engagement), engagement.active == true
        else { return }
        try context.change(Engagement.self, engagement.id) { engagement in
            engagement.keyCustomerContact = contact
            engagement.keyContactReviewedAt = context.write.now
        }
    }

    private static func confirms(_ change: Change<Touchpoint>) -> Bool {
        change.new.confirmsContact == true && change.new.state == State.closed && change.old?.state != State.closed
    }
}
