import CustomerSuccessWire
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// What administers the system: where everything that is defined stands, and the way to how the system is.
enum AdministrationPages: PageFolder {
    static let href = "/administration"

    static func add(to pages: Pages) {
        pages.get("/administration") { visit async throws(Problem) in .page(try page(visit)) }
        pages.get("/administration/rights") { visit async throws(Problem) in .page(try await RightsPage.page(visit)) }
        ActionPages.add(to: pages)
    }

    /// Whether the pages are offered: to who may change what others work with.
    static func isFor(_ person: Person) -> Bool {
        !person.isCustomer && defining.contains { Access.allows(person.roles, .write, on: $0.table) }
    }

    /// What administrators define.
    private static let defining = [
        RoleGrant.schema, DefinitionRecord.schema, PlayTrigger.schema, ImportBuilder.schema,
        DataValidationAssist.schema,
        EmailTemplate.schema, ResponsibilityDefinition.schema,
    ]

    /// Whose page it is; of anybody else it is not there.
    static func check(_ visit: Visit) throws(Problem) {
        try visit.demand(isFor)
    }

    // MARK: What is defined

    /// A page of its own, and who finds it there.
    private struct Place {
        let title: Text
        let href: String
        let isFor: (Visit) -> Bool

        init(_ title: Text, _ href: String, if isFor: @escaping (Visit) -> Bool) {
            (self.title, self.href, self.isFor) = (title, href, isFor)
        }

        init(_ title: Text, _ href: String, for isFor: @escaping (Person) -> Bool) {
            self.init(title, href, if: { visit in visit.person.map(isFor) == true })
        }
    }

    /// Pages and tables that belong together.
    private struct Group {
        let title: Text
        var pages: [Place] = []
        let tables: [RecordSchema]
    }

    private static var groups: [Group] {
        [
            Group(
                title: Text(en: "People and rights", ko: "사용자와 권한"),
                pages: [
                    Place(Text(en: "People to invite", ko: "초대할 사용자"), "/people", for: PeoplePages.isFor),
                    Place(Text(en: "Who may do what", ko: "권한 확인"), "\(href)/rights", for: isFor),
                    Place(Text(en: "Domains", ko: "도메인"), DomainPages.href, for: DomainPages.isFor),
                ], tables: [User.schema, RoleGrant.schema, SquadMember.schema]),
            Group(
                title: Text(en: "Onboarding", ko: "온보딩"),
                pages: [
                    Place(Text(en: "Playbooks", ko: "플레이북"), "/playbooks", for: PlaybookPages.isFor),
                    Place(Text(en: "Recommended actions", ko: "권장 작업"), ActionPages.href, for: ActionPages.isFor),
                ],
                tables: [
                    ResponsibilityDefinition.schema, PortalHeaderField.schema, KnowledgeArticle.schema,
                    KnowledgeRule.schema, CustomerAccount.schema, CustomerContact.schema, Contract.schema,
                    SoldProduct.schema,
                ]),
            Group(
                title: Text(en: "Imports", ko: "가져오기"),
                pages: [
                    Place(
                        Text(en: "New kind of import", ko: "새 가져오기 유형"), "\(BuilderPages.href)/new",
                        if: BuilderPages.mayWrite),
                    Place(Text(en: "Checks of imports", ko: "가져오기 검증"), CheckPages.href, for: CheckPages.isFor),
                ],
                tables: [
                    ImportBuilder.schema, DataValidationAssist.schema, StagingBackup.schema, SystemProperty.schema,
                ]),
            Group(
                title: Text(en: "Success plays", ko: "성공 플레이"),
                pages: [
                    Place(Text(en: "Choices of plays", ko: "플레이 선택값"), ChoicePages.href, for: ChoicePages.isFor)
                ],
                tables: [
                    DefinitionRecord.schema, AleChoice.schema, FlowDefinition.schema, FlowRun.schema,
                    PlayTrigger.schema, PlayFiring.schema,
                ]),
            Group(
                title: Text(en: "Customer success", ko: "고객 성공"),
                tables: [CaseServiceDefinition.schema, ResponseTemplate.schema, EngagementContract.schema]),
            Group(
                title: Text(en: "Notifications", ko: "알림"),
                pages: [Place(Text(en: "E-mails", ko: "이메일"), EmailPages.href, for: EmailPages.isFor)],
                tables: [EmailTemplate.schema, EmailDelivery.schema, SuccessLauncherNotifier.schema]),
        ]
    }

    private static func page(_ visit: Visit) throws(Problem) -> Page {
        try check(visit)
        let roles = visit.person?.roles ?? []
        let groups = groups.compactMap { group -> Values? in
            let pages = group.pages.filter { $0.isFor(visit) }
            let tables = group.tables.filter { Access.allows(roles, .read, on: $0.table) }
            guard !pages.isEmpty || !tables.isEmpty else { return nil }
            return [
                "title": visit.reader(group.title),
                "pages": pages.map { ["label": visit.reader($0.title), "href": $0.href] as Values },
                "links": tables.map { schema -> Values in
                    let title = ListedTable.named(schema.table)?.title ?? schema.label
                    return ["label": visit.reader(title), "href": ListPages.href(schema.table)]
                },
            ]
        }
        return Page(
            template: "administration", title: visit.say("Administration", "관리"),
            values: [
                "groups": groups, "health": visit.person.map(HealthPages.isFor) == true ? HealthPages.href : "",
            ])
    }
}
