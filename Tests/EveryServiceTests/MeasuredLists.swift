import ServiceTestKit

/// What people ask customer-success of opportunities (G-120), measurements (G-129) and success plans (G-119).
enum MeasuredLists {
    private static let first = "00000000-0000-7000-8000-000000000001"

    static let tables = [
        Filled(
            "opportunity",
            [
                "domain": Filled.domain, "active": Filled.half, "expected_date": Filled.day,
                "engagement": Filled.customer, "account": Filled.customer,
                "assigned_to": Filled.person(of: 10), "handed_over_to": Filled.person(of: 10),
            ]),
        Filled(
            "measurement",
            [
                "domain": Filled.domain, "account": Filled.customer, "success_outcome": Filled.customer,
                "measured_at": "now() - n * interval '1 minute'",
            ]),
        Filled(
            "product_usage",
            [
                "domain": Filled.domain, "account": Filled.customer, "engagement": Filled.customer,
                "sold_product": Filled.customer, "name": "'measure ' || n", "value": "n",
            ]),
    ]

    /// The outcomes at work of the objectives at work.
    static let ofEngagement = [
        "sort success_outcome": "an engagement has some dozens of outcomes",
        "filter success_outcome": "an engagement has some dozens of outcomes",
    ]

    /// What goes on for a customer, by date.
    static let ofPortal = Dictionary(
        uniqueKeysWithValues: [
            "engagement", "touchpoint", "success_case", "success_initiative", "success_milestone",
        ].flatMap { table in
            ["sort \(table)", "filter \(table)"].map { ($0, "a customer has some dozens of what goes on") }
        })

    static let asked: [Listed] = [
        .records("opportunities", "engagement = \"\(first)\" AND active = true", by: "expected_date"),
        .records("opportunities", "assigned_to = me() AND active = true", by: "expected_date"),
        .records("opportunities", "handed_over_to = me() AND active = true", by: "expected_date"),
        .records("measurements", "success_outcome = \"\(first)\"", by: "measured_at desc"),
        .records("measurements", "sold_product = \"\(first)\" AND name = \"x\"", by: "measured_at desc"),
        .records("success_milestones", "engagement = \"\(first)\" AND active = true", by: "target_date"),
        .records("success_outcomes", "engagement = \"\(first)\""),
        .records("product_usages", "engagement = \"\(first)\""),
        Listed("success plan", "success_plans.get", #"{"id": "\#(first)"}"#),
        Listed("success plan of a customer", "success_plans.get", #"{"id": "\#(first)"}"#)
            .asked(by: .customer),
    ]
}
