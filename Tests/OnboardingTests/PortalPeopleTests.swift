import Foundation
import Korean
import OnboardingWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The portal in the hands of each kind of people of section 9, in both languages: what is said is said in theirs, by names,
/// and nothing of what is the provider's own.
@Suite struct PortalPeopleTests {
    static let roles = [
        "sn_customerservice.customer", "sn_customerservice.customer_case_manager", "sn_customerservice.customer_admin",
        "sn_customerservice.customer_manager",
    ]

    /// A case with a task, an import task and comments of both sides; beside them what no customer may learn of.
    struct Scene {
        let world: World
        let own: OnboardingCase
        let task: LifecycleTask
        let hidden: LifecycleTask
        let imported: String
        let article: String

        /// What people have entered, which stays as it is in any language.
        static let entered: Set = [
            "Ernst Handel", "Ann Agent", "Roland Mendel", "Phase one", "All of it", "Fiber 100", "Welcome", "Thank you",
            "Send locations", "Import locations", "Read this",
        ]
        static let secrets = ["They are slow", "Ask for a discount"]

        init(_ server: Server) async throws {
            try await PortalHeader.seed(server.database)
            world = try await World(server)
            let (contact, agent) = (world.contact.id, world.agent)
            var product = CreateSoldProductRequest()
            product.soldProduct = SoldProduct()
            product.soldProduct?.name = "Fiber 100"
            product.soldProduct?.account = world.account.id
            let sold = try await world.call(OnboardingAPI.createSoldProduct, product, as: agent).id
            own = try await world.openCase {
                ($0.contact, $0.shortDescription, $0.description) = (contact, "Phase one", "All of it")
                ($0.products, $0.productsCustomerVisible) = ([sold], true)
            }
            task = try await world.createTask(own) {
                ($0.contact, $0.visibleToCustomer, $0.dueDate) = (contact, true, "2026-03-12")
            }
            hidden = try await world.createTask(own) {
                ($0.contact, $0.shortDescription) = (contact, Self.secrets[1])
            }
            imported = try await LandingPageTests.hearImportTask(of: own, world) {
                ($0.contact, $0.visibleToCustomer) = (contact, true)
            }.id
            _ = try await LandingPageTests.hearImportTask(of: own, world) { $0.shortDescription = Self.secrets[1] }
            var entry = AddEntryRequest()
            (entry.id, entry.text) = (own.id, "Welcome")
            _ = try await world.call(OnboardingAPI.addOnboardingCaseComment, entry, as: agent)
            entry.text = "Thank you"
            _ = try await world.call(OnboardingAPI.addOnboardingCaseComment, entry, as: try world.customer())
            entry.text = Self.secrets[0]
            _ = try await world.call(OnboardingAPI.addOnboardingCaseWorkNote, entry, as: agent)
            entry.id = task.id
            _ = try await world.call(OnboardingAPI.addLifecycleTaskWorkNote, entry, as: agent)
            article = try await Self.share(on: own, world)
        }

        private static func share(on record: OnboardingCase, _ world: World) async throws -> String {
            var creation = CreateKnowledgeArticleRequest()
            var article = KnowledgeArticle()
            article.key = "a" + uuid().filter { $0 != "-" }
            (article.title, article.body) = ("Read this", "Read this")
            creation.knowledgeArticle = article
            let made = try await world.call(OnboardingAPI.createKnowledgeArticle, creation, as: world.administrator)
            var publication = ActionRequest()
            publication.id = made.id
            _ = try await world.call(OnboardingAPI.publishKnowledgeArticle, publication, as: world.administrator)
            var sharing = CreateKnowledgeLinkRequest()
            sharing.knowledgeLink = KnowledgeLink()
            sharing.knowledgeLink?.article = made.id
            sharing.knowledgeLink?.purpose = KnowledgeLink.Purpose.shared
            sharing.knowledgeLink?.onboardingCase = record.id
            _ = try await world.call(OnboardingAPI.createKnowledgeLink, sharing, as: world.agent)
            return made.id
        }

        /// The answer to a request in JSON.
        func answer(_ subject: String, _ json: String, as caller: Caller) async throws(Problem) -> Any {
            let text = try await world.server.bench.call(json: json, to: "ale.v1.onboarding.\(subject)", as: caller)
            return (try? JSONSerialization.jsonObject(with: Data(text.utf8))) ?? text
        }

        /// What a page of the portal asks for.
        var pages: [(subject: String, json: String)] {
            [
                ("pages.portal", "{}"), ("pages.list_portal", #"{"list": "my_cases"}"#),
                ("pages.list_portal", #"{"list": "my_tasks"}"#),
                ("pages.list_portal_tasks", #"{"id": "\#(own.id)"}"#),
                ("pages.portal_case", #"{"id": "\#(own.id)"}"#), ("pages.portal_task", #"{"id": "\#(task.id)"}"#),
                ("pages.portal_task", #"{"id": "\#(imported)"}"#),
            ]
        }

        /// What else customers ask.
        var requests: [(subject: String, json: String)] {
            [
                ("onboarding_cases.get", #"{"id": "\#(own.id)"}"#), ("onboarding_cases.list", "{}"),
                ("onboarding_cases.list_activity", #"{"id": "\#(own.id)"}"#),
                ("lifecycle_tasks.get", #"{"id": "\#(task.id)"}"#), ("lifecycle_tasks.list", "{}"),
                ("lifecycle_tasks.list_activity", #"{"id": "\#(task.id)"}"#), ("records.search", #"{"text": "phase"}"#),
                ("knowledge_articles.list_shared", #"{"table": "onboarding_case", "record": "\#(own.id)"}"#),
                ("knowledge_articles.read", #"{"article": "\#(article)"}"#),
            ]
        }

        /// What is refused to each of them.
        var refusals: [(subject: String, json: String)] {
            [
                ("pages.portal_case", #"{"id": "\#(uuid())"}"#), ("pages.portal_task", #"{"id": "\#(hidden.id)"}"#),
                ("lifecycle_tasks.get", #"{"id": "\#(hidden.id)"}"#), ("records.search", #"{"text": " "}"#),
                ("onboarding_cases.create", #"{"onboardingCase": {}}"#),
                ("onboarding_cases.add_work_note", #"{"id": "\#(own.id)", "text": "x"}"#),
                ("onboarding_cases.close", #"{"id": "\#(own.id)", "closeNotes": "x"}"#),
                ("knowledge_articles.search", #"{"query": "x"}"#), ("pages.landing", "{}"),
                ("pages.case", #"{"id": "\#(own.id)"}"#),
                ("recommended_actions.show", #"{"table": "lifecycle_task", "record": "\#(task.id)"}"#),
            ]
        }
    }

    /// Texts for people in an answer, each with its place; what machines read by is left out.
    static func texts(in value: Any, at place: String = "") -> [(place: String, text: String)] {
        if let list = value as? [Any] { return list.flatMap { texts(in: $0, at: place) } }
        guard let object = value as? [String: Any] else { return (value as? String).map { [(place, $0)] } ?? [] }
        let machine: Set = [
            "id", "article", "service", "table", "at", "publishedAt", "writableFields", "states", "nextPageToken",
        ]
        return object.sorted { $0.key < $1.key }.flatMap { key, value -> [(place: String, text: String)] in
            // Beside a label a name is that of a field.
            if machine.contains(key) || key == "name" && object["label"] != nil { return [] }
            return texts(in: value, at: "\(place).\(key)")
        }
    }

    /// Whether a text is a figure, a date or a number of a record.
    static func isDatum(_ text: String) -> Bool { text.wholeMatch(of: /[A-Z]*-?[0-9]+(?:-[0-9]+){0,2}/) != nil }

    @Test(arguments: ["en", "ko"]) func everyPageSpeaksTheirLanguage(language: String) async throws {
        let scene = try await Scene(try await Server.start())
        for role in Self.roles {
            var caller = try scene.world.customer(role)
            caller.locale = language
            var labels = 0
            for (subject, json) in scene.pages {
                let answer = try await scene.answer(subject, json, as: caller)
                for (place, text) in Self.texts(in: answer)
                where !Scene.entered.contains(text) && !Self.isDatum(text) && !text.isEmpty {
                    #expect(
                        Hangul.isWritten(in: text) == (language == "ko"), "\(role) \(subject)\(place) ‘\(text)’")
                    labels += 1
                }
            }
            #expect(labels > 20, "\(role)")
        }
    }

    /// By no page and by no other request; ids of people of the provider stand on no page.
    @Test func nothingOfTheProvidersOwnIsTold() async throws {
        let scene = try await Scene(try await Server.start())
        let (world, hidden) = (scene.world, scene.hidden)
        let secrets = Scene.secrets + [hidden.id, hidden.number ?? "", "sn_"]
        let ids = [world.agent.subject, world.administrator.subject, world.account.domain]
        for caller in try Self.roles.map({ try world.customer($0) }) {
            for (subject, json) in scene.pages + scene.requests {
                let answer = try await world.server.bench.call(
                    json: json, to: "ale.v1.onboarding.\(subject)", as: caller)
                #expect(answer.count > 2, "\(subject)")
                for secret in secrets { #expect(!answer.contains(secret), "\(caller.roles) \(subject) \(secret)") }
            }
            for (subject, json) in scene.pages {
                let answer = try await world.server.bench.call(
                    json: json, to: "ale.v1.onboarding.\(subject)", as: caller)
                for id in ids { #expect(!answer.contains(id), "\(caller.roles) \(subject)") }
            }
        }
    }

    /// A refusal is a sentence in the language of whoever is refused, without keys, roles and domains.
    @Test(arguments: ["en", "ko"]) func refusalsAreSentences(language: String) async throws {
        let scene = try await Scene(try await Server.start())
        for role in Self.roles {
            var caller = try scene.world.customer(role)
            caller.locale = language
            for (subject, json) in scene.refusals {
                let problem = await ServiceTestKit.problem { () async throws(Problem) in
                    try await scene.world.server.bench.call(
                        json: json, to: "ale.v1.onboarding.\(subject)", as: caller)
                }
                let text = try #require(problem?.text.en, "\(role) \(subject) is not refused")
                #expect(Hangul.isWritten(in: text) == (language == "ko"), "\(subject) ‘\(text)’")
                #expect(!text.contains(/[a-z]_[a-z]/) && !text.contains("/provider/"), "\(subject) ‘\(text)’")
            }
        }
    }

    /// G-126, by every way of asking: a case manager of two accounts has both, and no third.
    @Test func twoAccountsAndNoThirdInAnyAnswer() async throws {
        let server = try await Server.start()
        let scenes = [try await Scene(server), try await Scene(server), try await Scene(server)]
        let memberships = try scenes.prefix(2).map {
            Membership(
                account: $0.world.account.id, domain: try #require(DomainPath($0.world.account.domain)),
                contact: $0.world.contact.id)
        }
        let roles = RoleCatalog.close(["sn_customerservice.customer_case_manager"])
        let caller = try #require(Caller(subject: uuid(), roles: roles, memberships: memberships))
        let world = scenes[0].world
        for (subject, json) in [
            ("pages.portal", "{}"), ("pages.list_portal", #"{"list": "all_cases"}"#),
            ("pages.list_portal", #"{"list": "my_tasks"}"#), ("onboarding_cases.list", #"{"count": true}"#),
            ("lifecycle_tasks.list", #"{"count": true}"#), ("customer_accounts.list", "{}"),
            ("customer_contacts.list", "{}"), ("records.search", #"{"text": "ernst"}"#),
            ("records.search", #"{"text": "locations"}"#),
        ] {
            let answer = try await world.server.bench.call(json: json, to: "ale.v1.onboarding.\(subject)", as: caller)
            let told = scenes.map { scene in
                [
                    scene.own.id, scene.task.id, scene.imported, scene.world.account.id, scene.world.contact.id,
                    scene.own.number ?? "", scene.world.account.domain,
                ].contains(where: answer.contains)
            }
            #expect(told == [true, true, false], "\(subject) \(json)")
        }
        for (index, scene) in scenes.enumerated() {
            for (subject, json) in scene.pages.suffix(4) + scene.requests.suffix(2) + [scene.requests[0]] {
                let problem = await ServiceTestKit.problem { () async throws(Problem) in
                    try await world.server.bench.call(json: json, to: "ale.v1.onboarding.\(subject)", as: caller)
                }
                #expect(problem?.code == (index < 2 ? nil : .notFound), "\(subject) \(index) \(problem as Any)")
            }
        }
    }
}
